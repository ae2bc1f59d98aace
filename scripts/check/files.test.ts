import { expect, it } from 'vitest'
import { files } from './files.ts'
import { findingsOf } from './testing/madeTree.ts'

const lines = (count: number): string => 'x\n'.repeat(count)

it('finds long sources and a long AGENTS.md', async () => {
  const found = await findingsOf(files, {
    'packages/a/src/long.ts': lines(401),
    'packages/a/src/full.ts': lines(400),
    'packages/a/fixtures/made.ts': lines(900),
    'docs/long.md': lines(900),
    'AGENTS.md': lines(151),
  })
  expect(found).toEqual([
    'AGENTS.md: It has 151 lines, the limit is 150. Make it two.',
    'packages/a/src/long.ts: It has 401 lines, the limit is 400. Make it two.',
  ])
})
