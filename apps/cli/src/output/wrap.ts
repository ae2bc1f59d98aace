import type { Output } from '../io.ts'
import { widthOf } from './width.ts'

/**
 * Text that is broken between words at the width of a terminal, its further lines indented; elsewhere as it is.
 * A word that is longer than a line stays whole, so that paths and commands can be copied.
 * @param hang Columns that further lines are indented by.
 */
export function wrap(stream: Output, text: string, hang: number): string {
  if (stream.isTTY !== true) return text
  const width = stream.columns ?? 80
  const [first = '', ...words] = text.split(' ')
  let lines = first
  let column = widthOf(first)
  for (const word of words) {
    const taken = widthOf(word)
    if (column + 1 + taken < width) {
      lines += ` ${word}`
      column += 1 + taken
    } else {
      lines += `\n${' '.repeat(hang)}${word}`
      column = hang + taken
    }
  }
  return lines
}
