import { WorkflowError } from '../errors/WorkflowError.ts'

/** An error in the form in which journals and tables keep it. */
export interface ErrorRecord {
  /** The class name, e.g. `TypeError`. */
  readonly name: string
  /** A code of the catalogue, a Node.js code such as `ENOENT`, or null. */
  readonly code: string | null
  /** At most 16 KiB of text. */
  readonly message: string
  /** Plain JSON facts. */
  readonly data: Readonly<Record<string, unknown>>
  /** The stack as text, for people; at most 16 KiB. */
  readonly stack: string | null
  /** The error that led to this one, at most four deep. */
  readonly cause: ErrorRecord | null
}

const LIMIT = 16 * 1024
const MAX_DEPTH = 4

/** Turns anything that was thrown into its stored form. Never throws. */
export function toErrorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', code: null, message: clip(describe(thrown)), data: {}, stack: null, cause: null }
  }
  const code = (thrown as { code?: unknown }).code
  return {
    name: thrown.name,
    code: typeof code === 'string' ? code : null,
    message: clip(thrown.message),
    data: WorkflowError.is(thrown) ? plain(thrown.details) : {},
    stack: thrown.stack === undefined ? null : clip(thrown.stack),
    cause: thrown.cause === undefined || depth >= MAX_DEPTH ? null : toErrorRecord(thrown.cause, depth + 1),
  }
}

function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
  } catch {
    return {}
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return String(thrown)
  }
}

/** Cuts text to the limit and replaces what no store can keep: NUL and lone surrogates. */
function clip(text: string): string {
  const short = text.length > LIMIT ? `${text.slice(0, LIMIT)}…` : text
  return short.replaceAll('\0', '\u2400').toWellFormed()
}
