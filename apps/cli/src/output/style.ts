import { styleText } from 'node:util'
import type { Output } from '../io.ts'

/** Formats of {@link styleText} that are used here. */
export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'blue'

/** Styles text for a stream: colours only on a terminal, never with NO_COLOR. */
export function styled(stream: Output): (format: Format | readonly Format[], text: string) => string {
  const colours = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  return (format, text) => (colours ? styleText(format as Format, text, { validateStream: false }) : text)
}
