import type { Gate, QueueReads } from '../queue/QueueReads.ts'
import { dueRuns, placesOf } from './line.ts'
import type { SqliteTransaction } from './SqliteTransaction.ts'

/** What the rules of the queue ask, answered from the tables as the transaction has changed them. */
export function sqliteQueue(tx: SqliteTransaction): QueueReads {
  const { connection } = tx
  const idOf = (sql: string, ...values: string[]): string | null => {
    tx.flush()
    return connection.get<{ id: string }>(sql, ...values)?.id ?? null
  }
  return {
    load: (runId) => tx.load(runId),
    // A transaction of SQLite is alone from its beginning.
    lock: () => {},
    placesOf: (workerId) => placesOf(connection, workerId),
    hostOf: (workspaceId) => {
      tx.flush()
      return connection.get<{ host_id: string }>(HOST, workspaceId)?.host_id ?? null
    },
    dueRuns: (query) => {
      tx.flush()
      return dueRuns(connection, query)
    },
    countRunning: ({ workflowId, key }, atMost) => {
      tx.flush()
      return connection.get<{ running: number }>(RUNNING, workflowId, key, atMost)?.running ?? 0
    },
    nthNewestStart: ({ workflowId, key }, nth, until) => {
      tx.flush()
      return (
        connection.get<{ started_at: string }>(NTH_START, workflowId, key, until, nth - 1)?.started_at ?? null
      )
    },
    hasReady: (gate, run, until) => {
      tx.flush()
      const places = run.host_id === null ? [null] : [null, run.host_id]
      return places.some(
        (place) =>
          connection.get(READY[gate.by], ...ofGate(gate), place, until, run.queue_rank, run.id) !== null,
      )
    },
    firstHeld: (gate) => idOf(HELD[gate.by], ...ofGate(gate)),
    withIdempotencyKey: (...key) => idOf(WITH_IDEMPOTENCY_KEY, ...key),
    withSingletonKey: (...key) => idOf(WITH_SINGLETON_KEY, ...key),
    withDebounceKey: (...key) => idOf(WITH_DEBOUNCE_KEY, ...key),
  }
}

function ofGate({ workflowId, key }: Gate): [string, string] {
  return [workflowId, key]
}

const HOST = 'select host_id from workspaces where id = ?'
/** How many runs of a concurrency key have an owner, counted up to a limit. */
export const RUNNING = `select count(*) as running from (select 1 from workflow_runs
  where workflow_id = ? and concurrency_key = ? and owner_token is not null limit ?)`
/** When a run of a rate key began, newest first. */
export const NTH_START = `select started_at from workflow_runs
  where workflow_id = ? and rate_key = ? and started_at is not null and started_at <= ?
  order by started_at desc limit 1 offset ?`

const ready = (key: string, more: string): string => `select 1 from workflow_runs
  where workflow_id = ? and ${key} = ? and owner_token is null and due_at is not null${more}
    and host_id is ? and due_at <= ? and queue_rank >= ? and id <> ? limit 1`
/** A run of a key that stands in the line. */
export const READY = {
  concurrency: ready('concurrency_key', ''),
  quota: ready('rate_key', ' and started_at is null'),
} as const

const held = (key: string, by: string): string => `select id from workflow_runs
  where workflow_id = ? and ${key} = ? and held_by = '${by}' and due_at is null
  order by queue_rank desc, created_at limit 1`
/** The next of the runs that a key holds back. */
export const HELD = {
  concurrency: held('concurrency_key', 'concurrency'),
  quota: held('rate_key', 'quota'),
} as const

const WITH_IDEMPOTENCY_KEY = 'select id from workflow_runs where workflow_id = ? and idempotency_key = ?'
const WITH_SINGLETON_KEY = `select id from workflow_runs
  where workflow_id = ? and singleton_key = ? and completed_at is null`
const WITH_DEBOUNCE_KEY = `select id from workflow_runs
  where workflow_id = ? and debounce_key = ? and started_at is null and completed_at is null`
