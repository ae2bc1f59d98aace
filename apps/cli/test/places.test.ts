import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository, start } from './world.ts'

const WORKFLOW = `import { createWorkflow } from 'holdfast'
import { parse } from '../../../lib/parse.ts'

interface LeftOutByTheBundle {
  a: string
}

const testsOf = async (ctx: any) =>
  ctx.shell('exit 3', { name: 'tests', retry: { maxAttempts: 1 } })

export default createWorkflow({ name: 'fails', retry: { maxAttempts: 2, delayMs: 1 } }, async (ctx) => {
  const how = (ctx.input as { how: string }).how
  if (how === 'helper') await ctx.run('parse', async () => parse('{'))
  if (how === 'command') await testsOf(ctx)
  throw new Error('top')
})
`
const TEMPLATE = '.agent/workflows/templates/fails.ts'

test('[CL4] the place is that of the source, whatever failed there', async () => {
  const cwd = repository({
    [TEMPLATE]: WORKFLOW,
    'lib/parse.ts': '// first\nexport const parse = (text: string): unknown => JSON.parse(text)\n',
  })
  const below = join(cwd, 'docs')
  mkdirSync(below)
  const run = async (from: string, how: string): Promise<string> =>
    (await start(from, ['run', 'fails', '--allow-dirty', '--input', JSON.stringify({ how })]).ended).stderr
  const show = async (): Promise<string> => (await start(cwd, ['runs', 'show', 'latest']).ended).stdout

  const helper = await run(cwd, 'helper')
  expect(helper).toMatch(/step parse failed and is tried again .* \(at lib\/parse\.ts:2:54\)\n/)
  expect(helper).toMatch(/step parse failed: .* \(at lib\/parse\.ts:2:54\)\n/)
  expect(helper).toMatch(/\[STEP_FAILED\]\n {2}at lib\/parse\.ts:2:54\nMore: /)
  const shown = await show()
  expect(shown).toMatch(/✖ parse .*\n.*JSON.*\n {4}at lib\/parse\.ts:2:54\n/)
  expect(shown).toMatch(/\n {2}at {9}lib\/parse\.ts:2:54\n/)

  expect(await run(below, 'command')).toContain(
    `step tests failed: "exit 3" ended with exit code 3. (at ../${TEMPLATE}:9:7)\n`,
  )
  expect(await show()).toContain(`\n    at ${TEMPLATE}:9:7\n`)
  expect(await run(cwd, 'top')).toContain(`fails failed in`)
  expect(await show()).toContain(`\n  at         ${TEMPLATE}:15:9\n`)
})
