import { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { FactSource } from '../projection/Known.ts'
import type { Connection } from './Connection.ts'

/** Columns that SQLite keeps as 0 and 1. */
const BOOLEANS = ['workspace_persistent', 'workspace_cleaned_up'] as const

interface Kept {
  readonly fold: RunFold
  /** `data_version` of the database when it was seen to be as in the table. */
  version: number
}

/**
 * Runs that were read or written, for the next transaction. While no other connection has committed, a run is
 * as it was left. Otherwise it is used again only if its owner and last sequence are those in the table: every
 * change by another process changes one of them while it is owned. Runs without owner are forgotten, so that
 * parked runs cost no memory.
 */
export class RunCache {
  readonly #connection: Connection
  readonly #source: FactSource
  readonly #limit: number
  readonly #runs = new Map<string, Kept>()
  #version = 0

  constructor(connection: Connection, source: FactSource, limit = 20_000) {
    this.#connection = connection
    this.#source = source
    this.#limit = limit
  }

  /** A transaction has begun: from here on nobody else commits until it is over. */
  begin(): void {
    this.#version = this.#connection.get<{ data_version: number }>('pragma data_version')?.data_version ?? 0
  }

  /** The run as it is in the table now; null when there is none. */
  load(runId: string): RunFold | null {
    const kept = this.#runs.get(runId)
    if (kept !== undefined) {
      const { fold: known } = kept
      if (kept.version === this.#version) return known
      const now = this.#connection.get<Pick<RunColumns, 'owner_token' | 'last_sequence'>>(
        'select owner_token, last_sequence from workflow_runs where id = ?',
        runId,
      )
      if (now?.owner_token === known.run.owner_token && now.last_sequence === known.run.last_sequence) {
        kept.version = this.#version
        return known
      }
      this.#runs.delete(runId)
    }
    const row = this.#connection.get<RunColumns>('select * from workflow_runs where id = ?', runId)
    if (row === null) return null
    return new RunFold(withBooleans(row), this.#source)
  }

  /** Remembers a run after its transaction, if somebody owns it. */
  keep(fold: RunFold): void {
    const { id, owner_token } = fold.run
    this.#runs.delete(id)
    if (owner_token === null) return
    this.#runs.set(id, { fold, version: this.#version })
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= this.#limit) break
      this.#runs.delete(oldest)
    }
  }

  forget(runId: string): void {
    this.#runs.delete(runId)
  }
}

const GENERATED = ['run_id', 'user_message', 'branch_name', 'commit_sha', 'duration_seconds'] as const

function withBooleans(row: RunColumns): RunColumns {
  const run: Record<string, unknown> = { ...row }
  for (const column of BOOLEANS) run[column] = run[column] === 1
  for (const column of GENERATED) delete run[column]
  return run as unknown as RunColumns
}
