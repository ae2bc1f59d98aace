import type { Io } from '../io.ts'

/** Prints one JSON document on stdout. */
export function printJson(io: Io, document: unknown): void {
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}
