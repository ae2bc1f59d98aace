import { expect, it } from 'vitest'
import { docstrings } from './docstrings.ts'
import { findingsOf } from './testing/madeTree.ts'

it('finds exports without a docstring, whatever their form', async () => {
  const found = await findingsOf(docstrings, {
    'packages/a/src/bad.ts': [
      'export const one = 1',
      '// no docstring',
      'export function two() {}',
      '/* neither */',
      'export interface Three {}',
      'const four = 4',
      'export { four }',
      'export default class Five {}',
    ].join('\n'),
  })
  expect(found.map((finding) => finding.split(' is exported')[0])).toEqual([
    'packages/a/src/bad.ts:1: one',
    'packages/a/src/bad.ts:3: two',
    'packages/a/src/bad.ts:5: Three',
    'packages/a/src/bad.ts:6: four',
    'packages/a/src/bad.ts:8: default',
  ])
})

it('accepts docstrings, overloads, re-exports and what tests export', async () => {
  const good = [
    '/** Says. */',
    'export const one = 1',
    '/** Says. */',
    '// oxlint-disable-next-line some/rule -- why',
    'export type Two = unknown',
    '/** Says. */',
    'export function three(a: string): void',
    'export function three(a: number): void',
    'export function three(): void {}',
    "export * from './other.ts'",
    "export { x } from './other.ts'",
  ].join('\n')
  expect(
    await findingsOf(docstrings, {
      'packages/a/src/good.ts': good,
      'packages/a/src/a.test.ts': 'export const one = 1',
      'packages/a/test/support.ts': 'export const one = 1',
    }),
  ).toEqual([])
})
