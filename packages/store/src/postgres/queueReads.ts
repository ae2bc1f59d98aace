import { createHash } from 'node:crypto'
import type { RunColumns } from '../projection/rows.ts'
import type { Gate, QueueReads } from '../queue/QueueReads.ts'
import type { Batch } from './Batch.ts'
import { dueRuns, placesOf } from './line.ts'
import { withoutGenerated } from './loadBatch.ts'

/** What the rules of the queue ask, answered from the tables as the transaction has changed them. */
export function queueReads(batch: Batch): QueueReads {
  const { session, schema } = batch.parts
  /** Locks rows and takes them into the batch; whoever has one of them is waited for. */
  const lockRows = async (text: string, ...values: readonly unknown[]): Promise<string | null> => {
    await batch.flush()
    const rows = await session.rows<RunColumns>(`${text} for no key update`, ...values)
    batch.learn(rows.map(withoutGenerated))
    return rows[0]?.id ?? null
  }
  return {
    load: async (runId) => {
      if (batch.knows(runId)) return batch.load(runId)
      const id = await lockRows('select * from workflow_runs where id = $1', runId)
      return id === null ? null : batch.load(id)
    },
    lock: async (gate) => {
      await session.rows('select pg_advisory_xact_lock($1::bigint)', lockOf(schema, gate))
    },
    placesOf: async (workerId) => {
      await batch.flush()
      return await placesOf(session, workerId, true)
    },
    hostOf: async (workspaceId) => {
      await batch.flush()
      return (await session.rows<{ host_id: string }>(HOST, workspaceId))[0]?.host_id ?? null
    },
    dueRuns: async (query) => {
      await batch.flush()
      const rows = await dueRuns(session, { ...query, lock: true })
      batch.learn(rows.map(withoutGenerated))
      return rows.map(({ id }) => id)
    },
    countRunning: async ({ workflowId, key }, atMost) => {
      await batch.flush()
      const [row] = await session.rows<{ running: number }>(RUNNING, workflowId, key, atMost)
      return row?.running ?? 0
    },
    nthNewestStart: async ({ workflowId, key }, nth, now) => {
      await batch.flush()
      const [row] = await session.rows<{ started_at: string }>(NTH_START, workflowId, key, now, nth - 1)
      return row?.started_at ?? null
    },
    hasReady: async ({ by, workflowId, key }, run, until) => {
      await batch.flush()
      const { host_id, queue_rank, id } = run
      const rows = await session.rows(READY[by], workflowId, key, host_id, until, queue_rank, id)
      return rows.length > 0
    },
    firstHeld: async ({ by, workflowId, key }) => {
      await batch.flush()
      return (await session.rows<{ id: string }>(HELD[by], workflowId, key))[0]?.id ?? null
    },
    withIdempotencyKey: (...key) => lockRows(WITH_IDEMPOTENCY_KEY, ...key),
    withSingletonKey: (...key) => lockRows(WITH_SINGLETON_KEY, ...key),
    withDebounceKey: (...key) => lockRows(WITH_DEBOUNCE_KEY, ...key),
  }
}

/** Number of the lock of a key: other schemas and other keys have others, or wait for each other once in a while. */
function lockOf(schema: string, { by, workflowId, key }: Gate): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([schema, by, workflowId, key]))
    .digest()
  return hash.readBigInt64BE().toString()
}

const HOST = 'select host_id from workspaces where id = $1'
const RUNNING = `select count(*) as running from (select 1 from workflow_runs
  where workflow_id = $1 and concurrency_key = $2 and owner_token is not null limit $3) as counted`
const NTH_START = `select started_at from workflow_runs
  where workflow_id = $1 and rate_key = $2 and started_at is not null and started_at <= $3
  order by started_at desc limit 1 offset $4`

const ready = (key: string, more: string): string => `select 1 from workflow_runs
  where workflow_id = $1 and ${key} = $2 and owner_token is null and due_at is not null${more}
    and (host_id is null or host_id = $3) and due_at <= $4 and queue_rank >= $5 and id <> $6 limit 1`
const READY = {
  concurrency: ready('concurrency_key', ''),
  quota: ready('rate_key', ' and started_at is null'),
} as const

const held = (key: string, by: string): string => `select id from workflow_runs
  where workflow_id = $1 and ${key} = $2 and held_by = '${by}' and due_at is null
  order by queue_rank desc, created_at limit 1`
const HELD = {
  concurrency: held('concurrency_key', 'concurrency'),
  quota: held('rate_key', 'quota'),
} as const

const WITH_IDEMPOTENCY_KEY = 'select * from workflow_runs where workflow_id = $1 and idempotency_key = $2'
const WITH_SINGLETON_KEY = `select * from workflow_runs
  where workflow_id = $1 and singleton_key = $2 and completed_at is null`
const WITH_DEBOUNCE_KEY = `select * from workflow_runs
  where workflow_id = $1 and debounce_key = $2 and started_at is null and completed_at is null`
