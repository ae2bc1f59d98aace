import type { Statement } from './statement.ts'

/**
 * SQL of one call, written once for every dialect: a generator that yields statements, one at a time, and is
 * given their rows. A backend that is synchronous inside a transaction runs it in one go, another awaits each
 * statement. Rows have JSON columns and times as text, booleans as booleans or 0 and 1.
 */
export type Script<T> = Generator<Statement, T, readonly object[]>

/** Every row of a statement. */
export function* all<Row>(statement: Statement): Script<Row[]> {
  return (yield statement) as Row[]
}

/** The first row of a statement; null when there is none. */
export function* first<Row>(statement: Statement): Script<Row | null> {
  const rows = yield* all<Row>(statement)
  return rows[0] ?? null
}

/** Runs a statement that answers nothing. */
export function* run(statement: Statement): Script<void> {
  yield statement
}

/** How a backend runs scripts. */
export interface ScriptRunner {
  readonly dialect: 'sqlite' | 'postgres'
  /** Runs a script that only reads, outside of a transaction. */
  readonly read: <T>(script: () => Script<T>) => Promise<T>
  /**
   * Runs a script in a transaction, durably; what it did is undone when it throws. `removed` says which runs it
   * deleted, so that nothing is remembered of them.
   */
  readonly write: <T>(
    script: (timestamp: string) => Script<T>,
    removed?: (answer: T) => readonly string[],
  ) => Promise<T>
}
