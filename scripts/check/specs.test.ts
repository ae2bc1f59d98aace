import { expect, it } from 'vitest'
import { specs } from './specs.ts'
import { findingsOf } from './testing/madeTree.ts'

const spec = 'packages/store/SPEC.md'

it('finds rules without a test, rules stated twice and cited rules that do not exist', async () => {
  const found = await findingsOf(specs, {
    [spec]: '- [ST1] One.\n- **[ST2]** Two, see [ST1].\n| [ST3] | Three |\n[ST3] Three again.\n',
    'packages/store/src/a.test.ts':
      "// cites [ST2] in a comment only\nit('[ST1] holds', () => {})\nit('[ST3, ST9] x', () => {})",
  })
  expect(found).toEqual([
    `${spec}:4: [ST3] stands at ${spec}:3 already.`,
    `${spec}:2: [ST2] has no test that cites it in its name.`,
    'packages/store/src/a.test.ts:3: [ST9] is no rule of any SPEC.md; 1 test cites it.',
  ])
})

it('accepts citations in conformance suites and templates, and a room without SPEC.md', async () => {
  expect(
    await findingsOf(specs, {
      [spec]: '- [ST1] One.\n- [ST2] Two.\n',
      'packages/store/src/conformance/journal.ts': "it('[ST1] holds', () => {})",
      'packages/engine/test/a.test.ts': 'it(`[ST2] holds on ${name}`, () => {})',
    }),
  ).toEqual([])
})
