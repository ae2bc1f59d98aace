import { stripVTControlCharacters } from 'node:util'

/** Columns that text takes on a terminal, styles not counted; East Asian wide characters and emoji take two. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character)
  return width
}

/** Cuts plain text to a width; the cut is marked with `…`. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  let taken = 0
  for (const character of text) {
    taken += columnsOf(character)
    if (taken > width - 1) break
    cut += character
  }
  return width < 1 ? '' : `${cut}…`
}

/** Cuts plain text at its beginning. */
export function clipStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const characters = Array.from(text)
  let cut = ''
  let taken = 0
  for (let character = characters.pop(); character !== undefined; character = characters.pop()) {
    taken += columnsOf(character)
    if (taken > width - 1) break
    cut = character + cut
  }
  return width < 1 ? '' : `…${cut}`
}

/** Ranges of UAX #11 (East Asian Width W and F) that matter in practice, and combining marks. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0)!
  if (/\p{Mn}|\p{Me}|\u200B|\u200D|\uFE0F/u.test(character)) return 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}
