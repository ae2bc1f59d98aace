import type { Io } from '../io.ts'
import { COMMANDS } from '../commands/index.ts'

const SUGGESTED = new RegExp(
  String.raw`(?<![\w./-])holdfast (?=(?:${COMMANDS.map(({ name }) => name).join('|')})\b)`,
  'g',
)

/** The text with its suggested commands, `holdfast run …`, as they work for this person: `npx holdfast run …`. */
export function asCalled(io: Io, text: string): string {
  return text.replaceAll(SUGGESTED, () => `${io.called} `)
}
