import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

interface Write {
  readonly statement: StatementSync
  readonly values: SQLInputValue[]
  readonly done: () => void
}

/** Writes of one turn of the event loop share one transaction, and so one `fsync`. */
export class GroupCommit {
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #waiting: Write[] = []

  constructor(db: DatabaseSync) {
    this.#begin = db.prepare('begin')
    this.#commit = db.prepare('commit')
  }

  /** Resolves when the write is durable. */
  write(statement: StatementSync, ...values: SQLInputValue[]): Promise<void> {
    return new Promise((done) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush())
      this.#waiting.push({ statement, values, done })
    })
  }

  #flush(): void {
    const writes = this.#waiting
    this.#waiting = []
    // A single statement is a transaction by itself.
    if (writes.length > 1) this.#begin.run()
    for (const { statement, values } of writes) statement.run(...values)
    if (writes.length > 1) this.#commit.run()
    for (const { done } of writes) done()
  }
}
