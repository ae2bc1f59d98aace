import { expect, test } from 'vitest'
import { brokenOutput } from './brokenOutput.ts'

const PROGRAM = { title: 'Some CLI', worksWith: '1.2.3', npmPackage: 'some-cli' }
const judge = (lines: readonly string[], exitCode = 1, stderr = '') =>
  brokenOutput(
    {
      end: { exitCode, stderr },
      facts: { unreadableLines: lines.length, firstUnreadable: lines[0] ?? null },
    },
    PROGRAM,
  )

test('[AG6] an option that the program does not know is another version, and the message says which one works', () => {
  for (const said of [
    "error: unknown option '--x'",
    "error: unexpected argument '--x' found",
    'Unknown argument: x',
  ])
    expect(judge([], 2, said)).toMatchObject({
      code: 'AGENT_PROTOCOL',
      what: expect.stringContaining('npm install -g some-cli@1.2.3'),
    })
  expect(judge([], 0, 'unknown option')).toBeNull()
})

test('[AG6] an event that breaks off is an agent that stopped, other lines are another program', () => {
  expect(judge(['{"type":"assist'])).toMatchObject({
    code: 'AGENT_FAILED',
    what: expect.stringContaining('in the middle of an event'),
  })
  expect(judge(['Welcome!'])).toMatchObject({
    code: 'AGENT_PROTOCOL',
    what: expect.stringContaining('printed a line that is no event and no result, first: "Welcome!"'),
  })
  const noise = `\u001b]0;x\u0007\uFFFD${'y'.repeat(400)}`
  const { what = '' } = judge([noise, 'more']) ?? {}
  expect(what).toContain(`"·]0;x··${'y'.repeat(113)}"`)
  expect(judge([])).toBeNull()
})
