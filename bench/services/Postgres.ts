import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '@holdfast/store/testing'
import { Pool } from 'pg'
import { ifInterrupted } from '../driver/endings.ts'
import { createSyncFile, setSyncDelay } from '../measure/syncFile.ts'

const LIBRARY = 'syncs.so'
const COUNTER = 'syncs'

/** One PostgreSQL server for a whole benchmark, with default durability; each measurement has a database of its own. */
export class Postgres {
  /** File in which the server's fsyncs are counted; null where nobody counts them. */
  readonly counter: string | null
  readonly #server: PostgresServer
  readonly #folder: string
  readonly #going: () => void
  #databases = 0

  private constructor(server: PostgresServer, folder: string, counts: boolean) {
    this.#server = server
    this.#folder = folder
    this.counter = counts ? join(folder, COUNTER) : null
    this.#going = ifInterrupted(() => this.#remove())
  }

  /** Makes a cluster in the folder for temporary files and starts it; `shim` is the library that counts fsyncs. */
  static async create(shim: string | null): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
    try {
      // The server may run as another user than this process, who cannot look into the repository.
      chmodSync(folder, 0o755)
      if (shim !== null) {
        copyFileSync(shim, join(folder, LIBRARY))
        createSyncFile(join(folder, COUNTER), 0)
        chmodSync(join(folder, COUNTER), 0o666)
      }
      const server = await PostgresServer.create(shim === null ? {} : counting(folder))
      return new Postgres(server, folder, shim !== null)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Gives `work` the address of an empty database on a server whose fsyncs take `syncDelayUs` longer. */
  async withDatabase<Result>(syncDelayUs: number, work: (url: string) => Promise<Result>): Promise<Result> {
    const name = `bench_${++this.#databases}`
    await this.#command(`create database ${name}`)
    // What earlier measurements left to be written must not be written during this one.
    await this.#command('checkpoint')
    try {
      this.#delay(syncDelayUs)
      return await work(this.#server.url(name))
    } finally {
      this.#delay(0)
      await this.#command(`drop database ${name} with (force)`)
    }
  }

  /** Ends the server and removes its files. */
  async close(): Promise<void> {
    await this.#remove()
    this.#going()
  }

  #delay(delayUs: number): void {
    if (this.counter !== null) setSyncDelay(this.counter, delayUs)
  }

  async #command(sql: string): Promise<void> {
    const pool = new Pool({ connectionString: this.#server.url(), max: 1 })
    // The server may end a connection that rests.
    pool.on('error', () => {})
    try {
      await pool.query(sql)
    } finally {
      await pool.end()
    }
  }

  async #remove(): Promise<void> {
    await this.#server.remove()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function counting(folder: string): NodeJS.ProcessEnv {
  return { LD_PRELOAD: join(folder, LIBRARY), BENCH_SYNC_FILE: join(folder, COUNTER) }
}
