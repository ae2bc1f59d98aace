import { fileURLToPath } from 'node:url'
import type { ErrorRecord } from '@holdfast/workflow-sdk'

/** As many lines of the author's code as an error is given. */
const LINES = 4
/** Where this room lies, as stacks name it: by its URL, or by its path. */
const OWN = [new URL('..', import.meta.url).href, fileURLToPath(new URL('..', import.meta.url))]

/**
 * Where the author's code made a call. What fails in a command, in git or in an agent has no line of that code in
 * its stack, as it happens later. Noting it costs microseconds; it is put into words only when something failed.
 */
export class CallSite {
  readonly #note: { readonly stack?: string } = {}

  /** @param made Class of the call: its constructor and what that calls stand above the author's code. */
  constructor(made: abstract new (...args: never[]) => unknown) {
    Error.captureStackTrace(this.#note, made)
  }

  /** The error with the lines of the author's code at the end of its stack. */
  addTo(error: ErrorRecord): ErrorRecord {
    const lines = framesOf(this.#note.stack ?? '').filter((line) => !OWN.some((own) => line.includes(own)))
    const stack = error.stack ?? `${error.name}: ${error.message}`
    return { ...error, stack: [stack, ...lines.slice(0, LINES)].join('\n') }
  }
}

function framesOf(stack: string): string[] {
  return stack.split('\n').filter((line) => line.startsWith('    at ') && !line.includes('(node:'))
}
