import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { LONGEST, longestFirst } from './longestFirst.ts'

const order = (...files: readonly string[]): string[] => longestFirst(files, (file) => file)

it('begins with the files that take longest and leaves the others in their order', () => {
  const [first = '', second = ''] = LONGEST
  expect(order('/r/b.test.ts', `/r/${second}`, '/r/a.test.ts', `/r/${first}`)).toEqual([
    `/r/${first}`,
    `/r/${second}`,
    '/r/b.test.ts',
    '/r/a.test.ts',
  ])
})

it('knows its files by their whole path below the root', () => {
  const [first = ''] = LONGEST
  expect(order('/r/b.test.ts', `/r/not-${first}`)).toEqual(['/r/b.test.ts', `/r/not-${first}`])
})

it.each(LONGEST)('names a file that is there: %s', (file) => {
  expect(existsSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)))).toBe(true)
})
