import type { Kysely } from 'kysely'
import type { Tables } from '../sql/tables.ts'
import type { ScriptRunner } from '../sql/Script.ts'
import type { Connection } from './Connection.ts'
import { closed, type GroupCommit } from './GroupCommit.ts'
import { scriptRunner } from './runScript.ts'
import type { StoreFiles } from './StoreFiles.ts'

/** What the calls of a SQLite store are made of. */
export class StoreParts {
  readonly connection: Connection
  readonly commit: GroupCommit
  readonly files: StoreFiles
  /** Text for messages. */
  readonly what: string
  readonly path: string
  /** How long a write waits for another process, in milliseconds. */
  readonly busyTimeoutMs: number
  readonly now: () => number
  isClosed = false
  /** Runs SQL that every dialect shares. */
  readonly scripts: ScriptRunner = scriptRunner(this)
  #db: Promise<Kysely<Tables>> | null = null

  constructor(
    parts: Pick<StoreParts, 'connection' | 'commit' | 'files' | 'what' | 'path' | 'busyTimeoutMs' | 'now'>,
  ) {
    this.connection = parts.connection
    this.commit = parts.commit
    this.files = parts.files
    this.what = parts.what
    this.path = parts.path
    this.busyTimeoutMs = parts.busyTimeoutMs
    this.now = parts.now
  }

  /** Runs a read. @throws WorkflowError `STORE_CLOSED`, `STORE_…`. */
  async read<T>(read: () => T | Promise<T>): Promise<T> {
    if (this.isClosed) throw closed(this.what)
    this.files.beforeRead()
    try {
      return await read()
    } catch (error) {
      throw this.files.explain(error)
    }
  }

  /**
   * Runs a query of Kysely; each is one statement, so it never falls between the statements of a transaction.
   * Kysely is loaded by the first: its 255 modules take longer than everything else that a worker needs.
   */
  query<T>(query: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.read(async () => {
      this.#db ??= import('./kysely.ts').then(({ kyselyOver }) => kyselyOver<Tables>(this.connection))
      const db = await this.#db
      if (this.isClosed) throw closed(this.what)
      return query(db)
    })
  }

  /** Texts of blobs by hash; those that are missing are left out. */
  readonly blobTexts = async (hashes: readonly string[]): Promise<ReadonlyMap<string, string>> =>
    this.texts(hashes)

  /** {@link blobTexts} at once. */
  texts(hashes: readonly string[]): ReadonlyMap<string, string> {
    const texts = new Map<string, string>()
    for (const hash of hashes) {
      const row = this.connection.get<{ bytes: Uint8Array }>('select bytes from blobs where hash = ?', hash)
      if (row !== null) texts.set(hash, Buffer.from(row.bytes).toString('utf8'))
    }
    return texts
  }
}
