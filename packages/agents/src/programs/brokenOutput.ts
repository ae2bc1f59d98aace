import type { ProgramEnd } from './runProgram.ts'

/** A program that prints one event a line. */
export interface EventProgram {
  /** For people. */
  readonly title: string
  /** A version that is known to do. */
  readonly worksWith: string
  readonly npmPackage: string
}

/** What a program left behind that gave no result. */
export interface WithoutResult {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'stderr'>
  readonly facts: { readonly unreadableLines: number; readonly firstUnreadable: string | null }
}

/** How command lines say that they do not know an option. */
const UNKNOWN = /unknown option|unexpected argument|unknown argument/i
/** How much of a line that is no event is shown, in characters. */
const SHOWN = 120

/**
 * Why a program gave no result, where its output says so: it is another version, stopped in the middle of an event, or
 * prints something else. Null when all of its output was events.
 */
export function brokenOutput(
  { end, facts }: WithoutResult,
  { title, worksWith, npmPackage }: EventProgram,
): { readonly code: 'AGENT_PROTOCOL' | 'AGENT_FAILED'; readonly what: string } | null {
  if (end.exitCode !== 0 && UNKNOWN.test(end.stderr)) {
    return {
      code: 'AGENT_PROTOCOL',
      what: `${title} does not know an option that Holdfast gives it, so it is another version than ${worksWith}, with which Holdfast works. \`holdfast agents\` shows which one it is; "npm install -g ${npmPackage}@${worksWith}" installs that.`,
    }
  }
  const { unreadableLines: lines, firstUnreadable: first } = facts
  if (lines === 0 || first === null) return null
  if (lines === 1 && first.startsWith('{"')) {
    return {
      code: 'AGENT_FAILED',
      what: `${title} stopped in the middle of an event (exit code ${end.exitCode}) and gave no result; its session can be resumed.`,
    }
  }
  return {
    code: 'AGENT_PROTOCOL',
    what: `${title} printed ${lines === 1 ? 'a line that is no event' : `${lines} lines that are no events`} and no result, first: ${JSON.stringify(readable(first))}. Look whether the program is ${title} ${worksWith} or newer.`,
  }
}

/** Bytes that are no text show as one dot each. */
function readable(line: string): string {
  return line.slice(0, SHOWN).replaceAll(/[^\P{C}\t]|\uFFFD/gu, '·')
}
