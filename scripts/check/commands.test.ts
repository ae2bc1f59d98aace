import { expect, it } from 'vitest'
import { command } from './commands.ts'
import { findingsOf } from './testing/madeTree.ts'

it('is content when the program ends with 0', async () => {
  expect(await findingsOf(command('x', 'x', ['node', '-e', 'console.log(1)']), {})).toEqual([])
})

it('tells what a program printed that ended otherwise', async () => {
  const script = "console.log('out'); console.error('err'); process.exit(3)"
  const [finding] = await findingsOf(command('x', 'x', ['node', '-e', script]), {})
  expect(finding).toContain('out')
  expect(finding).toContain('err')
})

it('tells that a program is missing', async () => {
  const [finding] = await findingsOf(command('x', 'x', ['no-such-program-at-all']), {})
  expect(finding).toContain('could not be started')
})
