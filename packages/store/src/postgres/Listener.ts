import type { Pool, PoolClient } from 'pg'
import type { WorkflowError } from '@holdfast/workflow-sdk'
import { Listeners } from '../watch/Listeners.ts'
import { readNotice } from './notices.ts'

/** What {@link Listener} takes. */
export interface ListenerOptions {
  readonly pool: Pool
  readonly schema: string
  readonly channel: string
  /** Mark of this process, whose own notices are told without the database. */
  readonly sender: string
  /** What {@link writtenTo} said before anything of this store was asked for. */
  readonly before: string
  /** Milliseconds between looks whether the connection still hears, and whether anything was written. */
  readonly pollMs: number
}

/**
 * Tells listeners of commits: of this process right after the commit, of others by the database's notices. A slow
 * look stands behind them: it finds a connection that is dead without a word, and writes whose notice was lost
 * with it. A connection that is made anew is told as a change of which nobody knows what it was. It listens only
 * while somebody watches.
 */
export class Listener {
  readonly #options: ListenerOptions
  readonly #listeners = new Listeners()
  #client: PoolClient | null = null
  #connecting = false
  #timer: NodeJS.Timeout | null = null
  #written: string
  #lost = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#written = options.before
  }

  /** Calls `listener` after each commit that changed a run, until the answer is called. */
  watch(...listener: Parameters<Listeners['add']>): () => void {
    const remove = this.#listeners.add(...listener)
    if (this.#timer === null) {
      this.#timer = setInterval(() => void this.#look(), this.#options.pollMs).unref()
      void this.#look()
    }
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Runs that a commit of this process changed, with their last sequences. */
  committed(changed: ReadonlyMap<string, number>): void {
    this.#listeners.tellSoon(changed)
  }

  /** Stops listening, and tells everybody why nothing will be told any more. */
  end(reason: WorkflowError): void {
    this.#rest()
    this.#listeners.end(reason)
  }

  async #look(): Promise<void> {
    if (this.#connecting) return
    this.#connecting = true
    try {
      if (this.#client === null) await this.#listen()
      else await this.#compare(this.#client)
    } catch {
      this.#lose()
    } finally {
      this.#connecting = false
    }
  }

  async #listen(): Promise<void> {
    const client = await this.#options.pool.connect()
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    client.on('notification', ({ payload = '' }) => {
      for (const change of readNotice(payload, this.#options.sender)) this.#listeners.tell(change)
    })
    this.#client = client
    await client.query(`listen ${this.#options.channel}`)
    const wasLost = this.#lost
    this.#lost = false
    await this.#compare(client, wasLost)
    // Watchers may have gone meanwhile.
    if (this.#listeners.size === 0) this.#rest()
  }

  async #compare(client: PoolClient, tell = false): Promise<void> {
    const now = await within(this.#options.pollMs * 5, writtenTo(client, this.#options.schema))
    if (now === this.#written && !tell) return
    this.#written = now
    this.#listeners.tell({ runId: null, sequence: 0 })
  }

  /** A connection that hears nothing any more: the next look makes another. */
  #lose(client: PoolClient | null = this.#client): void {
    if (client === null || client !== this.#client) return
    this.#client = null
    this.#lost = true
    client.removeAllListeners('notification')
    client.release(true)
    if (this.#listeners.size > 0) setTimeout(() => void this.#look(), 50).unref()
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    const client = this.#client
    this.#client = null
    client?.removeAllListeners('notification')
    // What it listens to ends with it.
    client?.release(true)
  }
}

/** Changes after somebody has written to runs of the schema, within a second or so; it reads no run. */
export async function writtenTo(client: Pick<PoolClient, 'query'>, schema: string): Promise<string> {
  const { rows } = await client.query<{ written: string }>(WRITTEN, [schema])
  return rows[0]?.written ?? ''
}

const WRITTEN = `select sum(n_tup_ins + n_tup_upd + n_tup_del)::text as written from pg_catalog.pg_stat_all_tables
  where schemaname = $1 and relname in ('workflow_runs', 'workflow_events')`

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('The connection is silent.')), ms).unref()
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
