import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { LiveView } from '../src/progress/LiveView.ts'
import {
  formatAgo,
  formatCost,
  formatDuration,
  formatTokens,
  oneLine,
  plainLines,
} from '../src/output/format.ts'
import { styled } from '../src/output/style.ts'
import { table } from '../src/output/table.ts'
import { wrap } from '../src/output/wrap.ts'
import { clip, widthOf } from '../src/output/width.ts'
import type { Output } from '../src/io.ts'

test.each([
  [-5, '0ms'],
  [35.4, '35ms'],
  [1_949, '1.9s'],
  [9_949, '9.9s'],
  [12_400, '12s'],
  [185_000, '3m 05s'],
  [7_800_000, '2h 10m'],
  [363_600_000, '4d 5h'],
])('%i ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('costs: unknown is never $0, small ones keep four places', () => {
  expect([null, 0, 0.0123, 0.1, 12.345].map(formatCost)).toEqual([
    'cost unknown',
    '$0.00',
    '$0.0123',
    '$0.10',
    '$12.35',
  ])
})

test('tokens are short', () => {
  expect([0, 999, 12_345, 999_949, 1_234_567].map(formatTokens)).toEqual([
    '0',
    '999',
    '12.3k',
    '999.9k',
    '1.2M',
  ])
})

test('times ago', () => {
  expect(formatAgo(new Date(1000).toISOString(), 13_000)).toBe('12s ago')
})

test('text is one line without control characters', () => {
  expect(oneLine(' a\n\tb\u001B[31mc\u0000 ')).toBe('a b c')
})

test('[CL5] lines stay lines, and nothing that a terminal would obey is left in them', () => {
  expect(plainLines('a\u001B[2J\r\n\tb\u001B]0;title\u0007\u009B1mc\rd')).toBe('a\n\tb]0;title1mcd')
})

test('widths count wide characters twice, styles and accents not', () => {
  expect(widthOf('\u001B[31mab\u001B[39m工e\u0301')).toBe(5)
  expect(clip('工工工', 5)).toBe('工工…')
  expect(clip('abc', 3)).toBe('abc')
  expect(clip('abc', 0)).toBe('')
})

test('tables align columns', () => {
  expect(
    table(
      new PassThrough(),
      ['A', 'B'],
      [
        ['xx', 'y'],
        ['z', 'long'],
      ],
    ),
  ).toBe('A   B\nxx  y\nz   long\n')
})

test('[CL5] on a terminal the last column of a table is cut at its width, and text is broken between words', () => {
  const { out } = terminal(20)
  const rows = [
    ['one', '工工工工工 and more'],
    ['two', 'short'],
  ]
  expect(table(out, ['A', 'B'], rows)).toBe('A    B\none  工工工工工 an…\ntwo  short\n')
  expect(table(new PassThrough(), ['A', 'B'], rows)).toContain('工工工工工 and more\n')
  const path = '/a/path/that/is/longer/than/a/line'
  expect(wrap(out, `one two three four 工工 five ${path} six`, 2)).toBe(
    `one two three four\n  工工 five\n  ${path}\n  six`,
  )
  expect(wrap(new PassThrough(), `one two three four five ${path}`, 2)).toBe(
    `one two three four five ${path}`,
  )
})

test('colours are for terminals only', () => {
  const out: Output = new PassThrough()
  expect(styled(out)('red', 'x')).toBe('x')
})

function terminal(columns = 40): { out: Output; text: () => string } {
  const stream = new PassThrough({ encoding: 'utf8' })
  const out = Object.assign(stream, { isTTY: true, columns, rows: 20 })
  return { out, text: () => (stream.read() as string | null) ?? '' }
}

test('a picture that did not change is not written again, a changed line alone is', () => {
  const { out, text } = terminal()
  const view = new LiveView(out)
  view.show(['one', 'two'])
  expect(text()).toContain('one')
  view.show(['one', 'two'])
  expect(text()).toBe('')
  view.show(['one', 'TWO'])
  const changed = text()
  expect(changed).toContain('\u001B[2A')
  expect(changed).toContain('TWO')
  expect(changed).not.toContain('one')
  view.show(['one'])
  expect(text()).toContain('\u001B[J')
  view.print('a comment')
  expect(text()).toMatch(/a comment\n.*one/s)
  view.clear()
  expect(text()).toContain('\u001B[?25h')
})

test('after the terminal became narrower the picture is drawn anew', () => {
  const { out, text } = terminal(40)
  const view = new LiveView(out)
  view.show(['x'.repeat(30)])
  text()
  Object.assign(out, { columns: 20 })
  view.show(['short'])
  expect(text()).toContain('\u001B[2A')
})
