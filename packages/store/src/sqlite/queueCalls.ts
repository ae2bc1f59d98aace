import type { ClaimedRun, QueueStore, WorkerRow, WorkflowRunRow } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { claimDue } from '../queue/claimDue.ts'
import type { Claim } from '../queue/claimRun.ts'
import { fenceRun, isOwner, leaveRun } from '../queue/leaveRun.ts'
import { parkEvents, parkRun } from '../queue/parkRun.ts'
import { runNow } from '../queue/program.ts'
import { isDue, lostPlaces, nextDueAt } from './line.ts'
import { startHeartbeat } from './heartbeat.ts'
import { runRow } from '../sql/runRow.ts'
import type { SqliteTransaction } from './SqliteTransaction.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link QueueStore} on SQLite. */
export function queueCalls(parts: StoreParts): QueueStore {
  const { commit, connection } = parts
  return {
    claimDueRuns: async ({ workerId, limit, now, runId }) => {
      // Most looks find nothing: they need no transaction.
      if (runId === undefined && !(await parts.read(() => isDue(connection, workerId, now)))) return []
      const claim = { workerId, limit, now, ...(runId === undefined ? {} : { runId }) }
      return await commit.write((tx) => runNow(claimDue(tx, tx.queue, claim)).map((claim) => claimed(claim)))
    },
    claimLostRuns: async ({ dueBefore, ...claim }) => {
      const places = await parts.read(() => lostPlaces(connection, dueBefore))
      if (places.length === 0) return []
      return await commit.write((tx) =>
        runNow(claimDue(tx, tx.queue, { ...claim, places, now: dueBefore })).map((one) => claimed(one)),
      )
    },
    nextDueAt: async (workerId) => await parts.read(() => nextDueAt(connection, workerId)),
    parkRun: async (request) => {
      const events = prepareEvents(request.runId, parkEvents(request))
      return await commit.write((tx) => ({ parked: parkRun(tx, request, events) }))
    },
    handBackRun: async ({ runId, ownerToken, activeMs }) =>
      await commit.write((tx) => {
        const fold = tx.load(runId)
        if (!isOwner(fold, ownerToken)) return false
        leaveRun(tx, fold, 'handover', activeMs)
        return true
      }),
    fenceRun: async (runId, ownerToken) =>
      await commit.write((tx) => {
        const fold = tx.load(runId)
        return isOwner(fold, ownerToken) ? fenceRun(fold) : null
      }),
    registerWorker: async (worker) =>
      await commit.write((tx) => {
        const row: WorkerRow = { ...worker, started_at: tx.timestamp, renewed_at: tx.timestamp }
        tx.connection.run(
          REGISTER,
          row.id,
          row.host_id,
          row.boot_id,
          row.pid_namespace,
          row.pid,
          row.process_started_at,
          row.started_at,
          row.renewed_at,
          row.concurrency,
          row.workspace_group,
        )
        return row
      }),
    retireWorker: async (workerId) => {
      await commit.write((tx) => leaveWorker(tx, workerId, 'handover'))
    },
    listWorkers: async () =>
      await parts.read(() =>
        connection
          .all<WorkerRow>('select * from workers order by started_at, id')
          .map((row) => ({ ...row, silentMs: null })),
      ),
    startHeartbeat: async (workerId, { intervalMs }) => await startHeartbeat(parts, workerId, intervalMs),
    releaseRunsOfWorker: async (workerId) =>
      await commit.write((tx) => leaveWorker(tx, workerId, 'takeover')),
  }
}

/** What a worker is given of a claim. */
export function claimed(
  { fold, ownerToken, cause, sequence }: Claim,
  run: WorkflowRunRow = runRow(fold.run),
): ClaimedRun {
  return { run, ownerToken, cause, sequence }
}

function leaveWorker(tx: SqliteTransaction, workerId: string, because: 'takeover' | 'handover'): string[] {
  tx.flush()
  const ids = tx.connection.all<{ id: string }>('select id from workflow_runs where worker_id = ?', workerId)
  for (const { id } of ids) {
    const fold = tx.load(id)
    if (fold === null) continue
    // A dead worker could not say how long it had run: from its claim to its last sign of life (S2).
    const activeMs = because === 'takeover' ? fold.run.active_ms + aliveMs(tx, workerId, id) : undefined
    leaveRun(tx, fold, because, activeMs)
  }
  tx.connection.run('delete from workers where id = ?', workerId)
  return ids.map(({ id }) => id)
}

function aliveMs(tx: SqliteTransaction, workerId: string, runId: string): number {
  const [span] = tx.connection.all<{ renewed_at: string | null; claimed_at: string | null }>(
    ALIVE,
    workerId,
    runId,
  )
  if (span?.renewed_at == null || span.claimed_at === null) return 0
  return Math.max(0, Date.parse(span.renewed_at) - Date.parse(span.claimed_at))
}

const ALIVE = `select (select renewed_at from workers where id = ?) as renewed_at,
  (select timestamp from workflow_events where run_id = ? and event_type in ('run.started', 'run.resumed')
    order by sequence desc limit 1) as claimed_at`
const REGISTER = `insert into workers
  (id, host_id, boot_id, pid_namespace, pid, process_started_at, started_at, renewed_at, concurrency, workspace_group)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
