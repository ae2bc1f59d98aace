import type { Output } from '../io.ts'
import { widthOf } from '../output/width.ts'

const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
/** Terminals that know it show everything in between at once (synchronized output, mode 2026). */
const BEGIN = '\u001B[?2026h'
const END = '\u001B[?2026l'
const CLEAR_BELOW = '\u001B[J'
const CLEAR_LINE = '\u001B[K'

/**
 * Redraws lines in place on a terminal. Lines that are as before are not written again, so nothing flickers.
 */
export class LiveView {
  readonly #out: Output
  #shown: readonly string[] = []
  #columns = 0

  constructor(out: Output) {
    this.#out = out
  }

  /** Replaces what was shown. Lines must not be wider than the terminal. */
  show(lines: readonly string[]): void {
    const columns = this.#out.columns ?? 80
    if (columns !== this.#columns) this.#forgetWidth(columns)
    const before = this.#shown
    const same = before.length === lines.length && before.every((line, index) => line === lines[index])
    if (same) return
    let text = BEGIN + HIDE_CURSOR + up(before.length)
    for (const [index, line] of lines.entries()) {
      text += before[index] === line ? '\n' : `\r${line}${CLEAR_LINE}\n`
    }
    if (before.length > lines.length) text += CLEAR_BELOW
    this.#out.write(text + END)
    this.#shown = lines
  }

  /** Takes the picture away, e.g. to ask something in its place. */
  clear(): void {
    if (this.#shown.length > 0) this.#out.write(`${up(this.#shown.length)}\r${CLEAR_BELOW}`)
    this.#shown = []
    this.#out.write(SHOW_CURSOR)
  }

  /** Writes a line above the picture. */
  print(line: string): void {
    const shown = this.#shown
    this.clear()
    this.#out.write(`${line}\n`)
    this.show(shown)
  }

  /** Leaves the picture as it stands. */
  done(): void {
    this.#shown = []
    this.#out.write(SHOW_CURSOR)
  }

  /** After a change of width old lines may take several rows: they are drawn anew below. */
  #forgetWidth(columns: number): void {
    const wraps = this.#shown.some((line) => widthOf(line) > columns)
    this.#columns = columns
    if (!wraps) return
    const rows = this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    this.#out.write(`${up(rows)}\r${CLEAR_BELOW}`)
    this.#shown = []
  }
}

function up(rows: number): string {
  return rows === 0 ? '' : `\u001B[${rows}A\r`
}
