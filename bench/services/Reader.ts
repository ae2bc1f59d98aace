import { Pool } from 'pg'

/** Looks into a PostgreSQL database beside the engine that fills it. */
export class Reader {
  readonly #pool: Pool

  constructor(connectionString: string) {
    this.#pool = new Pool({ connectionString, max: 1 })
    // The server may end a connection that rests.
    this.#pool.on('error', () => {})
  }

  /** The number in the only column of the only row that a query gives. */
  async number(sql: string): Promise<number> {
    const { rows } = await this.#pool.query<Record<string, string>>(sql)
    return Number(Object.values(rows[0] ?? {})[0])
  }

  /** Bytes of the whole database on disk. */
  bytes(): Promise<number> {
    return this.number('select pg_database_size(current_database())')
  }

  close(): Promise<void> {
    return this.#pool.end()
  }
}
