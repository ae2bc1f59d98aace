import type { ClaimedRun, QueueStore, SeenWorker, WorkerRow } from '../contract/index.ts'
import { lengthOf, prepareEvents } from '../payload/prepare.ts'
import { claimDue } from '../queue/claimDue.ts'
import type { Claim } from '../queue/claimRun.ts'
import { runLater } from '../queue/program.ts'
import { dueRuns, lostPlaces, nextDueAt, placesOf } from './line.ts'
import { fenceRun, isOwner, leaveRun } from '../queue/leaveRun.ts'
import { parkEvents, parkRun } from '../queue/parkRun.ts'
import { runRow } from '../sql/runRow.ts'
import type { Batch } from './Batch.ts'
import { startHeartbeat } from './heartbeat.ts'
import { needsOf } from './needsOf.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link QueueStore} on PostgreSQL. */
export function queueCalls(parts: StoreParts): QueueStore {
  const { commit, clock } = parts
  /** The time by which runs are due: the database's, measured now, or that of the clock that was handed in. */
  const clockNow = async (given: string): Promise<string> =>
    clock.isDatabase ? ((await parts.rows<{ now: string }>(NOW))[0]?.now ?? given) : given
  const isDue = async (workerId: string, now: string): Promise<boolean> => {
    const places = [null, ...(await placesOf(parts, workerId))]
    return (await dueRuns(parts, { places, now, limit: 1, lock: false })).length > 0
  }
  return {
    claimDueRuns: async ({ workerId, limit, now, runId }) => {
      // Most looks find nothing: they need no transaction.
      if (runId === undefined && !(await isDue(workerId, await clockNow(now)))) return []
      return await commit.write(runId === undefined ? {} : { runs: [runId] }, async (tx) => {
        const at = clock.isDatabase ? tx.timestamp : now
        const claim = { workerId, limit, now: at, ...(runId === undefined ? {} : { runId }) }
        return (await runLater(claimDue(tx, tx.queue, claim))).map(claimed)
      })
    },
    claimLostRuns: async ({ dueBefore, ...claim }) => {
      const before = clock.toDatabase(dueBefore)
      const places = await lostPlaces(parts, before)
      if (places.length === 0) return []
      return await commit.write({}, async (tx) =>
        (await runLater(claimDue(tx, tx.queue, { ...claim, places, now: before }))).map(claimed),
      )
    },
    nextDueAt: async (workerId) => {
      const at = await nextDueAt(parts, workerId)
      return at === null ? null : clock.toLocal(at)
    },
    parkRun: async (request) => {
      const events = prepareEvents(request.runId, parkEvents(request))
      const named = { ...needsOf(request.runId, request.events), length: lengthOf(events) }
      return await commit.write(named, (tx) => {
        const parked = parkRun(tx, request, events)
        const { wakeAt } = request
        if (parked && wakeAt !== null) tx.load(request.runId)?.change({ due_at: clock.toDatabase(wakeAt) })
        return { parked }
      })
    },
    handBackRun: async ({ runId, ownerToken, activeMs }) =>
      await commit.write({ runs: [runId] }, (tx) => {
        const fold = tx.load(runId)
        if (!isOwner(fold, ownerToken)) return false
        leaveRun(tx, fold, 'handover', activeMs)
        return true
      }),
    fenceRun: async (runId, ownerToken) =>
      await commit.write({ runs: [runId] }, (tx) => {
        const fold = tx.load(runId)
        return isOwner(fold, ownerToken) ? fenceRun(fold) : null
      }),
    registerWorker: async (worker) =>
      await commit.write({}, (tx) => {
        const row: WorkerRow = { ...worker, started_at: tx.timestamp, renewed_at: tx.timestamp }
        tx.also(
          REGISTER,
          row.id,
          row.host_id,
          row.boot_id,
          row.pid_namespace,
          row.pid,
          row.process_started_at,
          row.started_at,
          row.concurrency,
          row.workspace_group,
        )
        return {
          ...row,
          started_at: clock.toLocal(row.started_at),
          renewed_at: clock.toLocal(row.renewed_at),
        }
      }),
    retireWorker: async (workerId) => {
      await commit.write({ worker: workerId }, (tx) => leaveWorker(tx, workerId, 'handover'))
    },
    listWorkers: async () => {
      const rows = await parts.timedRows<SeenWorker>(WORKERS)
      // Whoever compares them with its own clock must not take the difference of two clocks for silence.
      return rows.map((row) => ({
        ...row,
        started_at: clock.toLocal(row.started_at),
        renewed_at: clock.toLocal(row.renewed_at),
        silentMs: clock.isDatabase ? row.silentMs : null,
      }))
    },
    startHeartbeat: async (workerId, { intervalMs }) => await startHeartbeat(parts, workerId, intervalMs),
    releaseRunsOfWorker: async (workerId) => {
      const alive = await parts.rows<Span>(ALIVE, workerId)
      return await commit.write({ worker: workerId }, (tx) => leaveWorker(tx, workerId, 'takeover', alive))
    },
  }
}

/** What a worker is given of a claim. */
export function claimed({ fold, ownerToken, cause, sequence }: Claim): ClaimedRun {
  return { run: runRow(fold.run), ownerToken, cause, sequence }
}

/** A dead worker could not say how long it had run: from its claim to its last sign of life (S2). */
interface Span {
  readonly id: string
  readonly renewed_at: string
  readonly claimed_at: string | null
}

function leaveWorker(
  tx: Batch,
  workerId: string,
  because: 'takeover' | 'handover',
  spans: readonly Span[] = [],
): string[] {
  const ids = tx.parts.ofWorker.get(workerId) ?? []
  const left = ids.filter((id) => {
    const fold = tx.load(id)
    if (fold === null || fold.run.worker_id !== workerId) return false
    const span = spans.find((one) => one.id === id)
    const activeMs = because === 'takeover' ? fold.run.active_ms + aliveMs(span) : undefined
    leaveRun(tx, fold, because, activeMs)
    return true
  })
  tx.also('delete from workers where id = $1', workerId)
  return left
}

function aliveMs(span: Span | undefined): number {
  if (span === undefined || span.claimed_at === null) return 0
  return Math.max(0, Date.parse(span.renewed_at) - Date.parse(span.claimed_at))
}

const ALIVE = `select r.id, w.renewed_at, (select e.timestamp from workflow_events e
    where e.run_id = r.id and e.event_type in ('run.started', 'run.resumed') order by e.sequence desc limit 1) as claimed_at
  from workers w join workflow_runs r on r.worker_id = w.id where w.id = $1`
const NOW = 'select clock_timestamp()::timestamptz(3) as now'
const WORKERS = `select clock_timestamp()::timestamptz(3) as now, w.*,
    (extract(epoch from clock_timestamp() - w.renewed_at) * 1000)::float8 as "silentMs"
  from workers w order by started_at, id`
const REGISTER = `insert into workers
  (id, host_id, boot_id, pid_namespace, pid, process_started_at, started_at, renewed_at, concurrency, workspace_group)
  values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)`
