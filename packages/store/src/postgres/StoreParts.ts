import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { ScriptRunner } from '../sql/Script.ts'
import type { Tables } from '../sql/tables.ts'
import type { PostgresAddress } from './address.ts'
import { isCommitted } from './commitBatch.ts'
import { isAway, isCollision, sqlState, translate } from './errors.ts'
import { closed, type GroupCommit } from './GroupCommit.ts'
import { scriptRunner } from './scriptRunner.ts'
import { Session } from './Session.ts'
import type { StoreClock } from './StoreClock.ts'

/** Tries of a transaction that others are in the way of. */
const MOST_COLLISIONS = 20

/** A transaction of its own, beside the group commit: for what is rare and asks the database on its way. */
export interface Transaction {
  readonly session: Session
  /** ISO time of everything that is written in it. */
  readonly timestamp: string
}

/** What the calls of a PostgreSQL store are made of. */
export class StoreParts {
  readonly pool: Pool
  readonly commit: GroupCommit
  readonly clock: StoreClock
  readonly address: PostgresAddress
  /** Text for messages. */
  readonly what: string
  /** How long reads and writes are tried again while the server is away, in milliseconds. */
  readonly retryForMs: number
  isClosed = false
  /** Runs SQL that every dialect shares. */
  readonly scripts: ScriptRunner = scriptRunner(this)
  readonly #running = new Set<Promise<unknown>>()
  #db: Promise<Kysely<Tables>> | null = null

  constructor(parts: Pick<StoreParts, 'pool' | 'commit' | 'clock' | 'address' | 'what' | 'retryForMs'>) {
    this.pool = parts.pool
    this.commit = parts.commit
    this.clock = parts.clock
    this.address = parts.address
    this.what = parts.what
    this.retryForMs = parts.retryForMs
  }

  /** Runs a read, again while the server is away. @throws WorkflowError `STORE_CLOSED`, `STORE_…`. */
  async read<T>(read: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw closed(this.what)
    return await this.#track(this.#retried(read))
  }

  /** The rows of a statement, as a {@link read}. */
  async rows<T extends object>(text: string, ...values: readonly unknown[]): Promise<T[]> {
    return await this.read(async () => {
      const session = await Session.from(this.pool)
      let failure: unknown
      try {
        return await session.rows<T>(text, ...values)
      } catch (error) {
        failure = error
        throw error
      } finally {
        session.release(failure)
      }
    })
  }

  /** {@link rows} of a statement whose `now` is the database's time: it is compared with this machine's. */
  async timedRows<T extends object>(text: string): Promise<T[]> {
    return await this.read(async () => {
      const sentAt = this.clock.local()
      const { rows } = await this.pool.query<T & { readonly now: string }>(text)
      return rows.map(({ now, ...row }, i) => {
        if (i === 0) this.clock.observe(now, sentAt)
        return row as unknown as T
      })
    })
  }

  /** Runs a query of Kysely as a {@link read}; Kysely is loaded by the first. */
  query<T>(query: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.read(async () => {
      this.#db ??= import('./database.ts').then(({ kyselyOver }) => kyselyOver<Tables>(this.pool))
      return await query(await this.#db)
    })
  }

  /** Runs `body` in a transaction, again while others are in its way or the server is away. */
  async transaction<T>(body: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.isClosed) throw closed(this.what)
    return await this.#track(this.#retried(() => this.#once(body)))
  }

  /** Texts of blobs by hash; those that are missing are left out. */
  readonly blobTexts = async (hashes: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    if (hashes.length === 0) return new Map()
    const rows = await this.rows<{ hash: string; bytes: Buffer }>(
      'select hash, bytes from blobs where hash = any($1)',
      hashes,
    )
    return new Map(rows.map(({ hash, bytes }) => [hash, bytes.toString('utf8')]))
  }

  /** Resolves when nothing of {@link read} and {@link transaction} runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #retried<T>(body: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.retryForMs
    for (let tries = 1; ; tries++) {
      try {
        return await body()
      } catch (error) {
        const collided = isCollision(error) || sqlState(error) === '23505'
        const again = isAway(error) ? performance.now() < giveUpAt : collided && tries < MOST_COLLISIONS
        if (!again) throw translate(error, this.what)
        await delay(Math.min(20 * tries, 500))
      }
    }
  }

  async #once<T>(body: (transaction: Transaction) => Promise<T>): Promise<T> {
    const session = await Session.from(this.pool)
    let failure: unknown
    try {
      void session.send({ text: 'begin' })
      const sentAt = this.clock.local()
      const [at] = await session.rows<{ now: string; xid: string }>(BEGUN)
      const { timestamp } = this.clock.observe(at?.now ?? '', sentAt)
      const answer = await body({ session, timestamp })
      try {
        await session.send({ text: 'commit' })
      } catch (error) {
        const { pool, what, retryForMs } = this
        if (
          !isAway(error) ||
          !(await isCommitted({ pool, xid: at?.xid ?? '', what, retryForMs }, null, error))
        )
          throw error
      }
      return answer
    } catch (error) {
      failure = error
      throw error
    } finally {
      session.release(failure)
    }
  }
}

const BEGUN = 'select clock_timestamp()::timestamptz(3) as now, pg_current_xact_id()::text as xid'
