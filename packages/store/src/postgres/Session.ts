import { createHash } from 'node:crypto'
import type { Pool, PoolClient, QueryResult } from 'pg'
import { columnText } from '../payload/text.ts'

/** A statement with its values; arrays become arrays of the database. */
export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** One connection that is held for a transaction. Statements that are sent at once travel together. */
export class Session {
  readonly #client: PoolClient

  private constructor(client: PoolClient) {
    this.#client = client
  }

  /** Takes a connection from the pool. */
  static async from(pool: Pool): Promise<Session> {
    return new Session(await pool.connect())
  }

  /** Sends a statement; it runs after those that were sent before, without waiting for their answers. */
  send<T extends object>({ text, values = [] }: Statement): Promise<QueryResult<T>> {
    const answer = this.#client.query<T>(
      values.length === 0 ? { text } : { text, name: nameOf(text), values: values.map(plain) },
    )
    // Whoever waits hears of it; one that nobody waits for must not end the process.
    answer.catch(() => undefined)
    return answer
  }

  /** The rows of a statement. */
  rows<T extends object>(text: string, ...values: readonly unknown[]): Promise<T[]> {
    const rows = this.send<T>({ text, values }).then((answer) => answer.rows)
    // As in `send`: where several are on their way, one failure is enough to give up waiting for the others.
    rows.catch(() => undefined)
    return rows
  }

  /** Gives the connection back. After an error it is not used again: what is open on it dies with it. */
  release(error?: unknown): void {
    this.#client.release(error !== undefined)
  }
}

const names = new Map<string, string>()

/** Name under which a connection keeps the statement prepared. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `h${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    names.set(text, name)
  }
  return name
}

/** Text that PostgreSQL takes: no NUL and no half characters, alone or in arrays. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return columnText(value)
  return Array.isArray(value) ? value.map(plain) : value
}
