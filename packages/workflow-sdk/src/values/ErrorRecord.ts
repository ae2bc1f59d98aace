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

/** Longest class name and code in a record, in characters. */
const NAME_LIMIT = 200

/** Turns anything that was thrown into its stored form. Never throws, whatever was made of the fields of an error. */
export function toErrorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (!isError(thrown)) {
    return { name: 'Error', code: null, message: clip(describe(thrown)), data: {}, stack: null, cause: null }
  }
  const [name, code, message] = [field(thrown, 'name'), field(thrown, 'code'), field(thrown, 'message')]
  const [stack, cause] = [field(thrown, 'stack'), field(thrown, 'cause')]
  return {
    name: typeof name === 'string' ? clip(name, NAME_LIMIT) : 'Error',
    code: typeof code === 'string' ? clip(code, NAME_LIMIT) : null,
    message: clip(describe(message)),
    data: WorkflowError.is(thrown) ? plain(thrown.details) : {},
    stack: typeof stack === 'string' ? clip(stack) : null,
    cause: cause === undefined || depth >= MAX_DEPTH ? null : toErrorRecord(cause, depth + 1),
  }
}

/** A proxy may refuse even this question. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

/** Fields can be getters, which may throw. */
function field(error: Error, name: 'name' | 'code' | 'message' | 'stack' | 'cause'): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[name]
  } catch {
    return undefined
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
  for (const text of [() => JSON.stringify(thrown) as string | undefined, () => String(thrown)]) {
    try {
      const described = text()
      if (described !== undefined) return described
    } catch {
      // What it cannot say in one way it may say in the other.
    }
  }
  return 'Something was thrown that cannot be shown.'
}

/** Cuts text to the limit and replaces what no store can keep: NUL and lone surrogates. */
function clip(text: string, limit = LIMIT): string {
  const short = text.length > limit ? `${text.slice(0, limit)}…` : text
  return short.replaceAll('\0', '\u2400').toWellFormed()
}
