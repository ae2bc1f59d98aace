import type { JournalLimits } from '../append/RunTransaction.ts'
import type { FactSource } from '../projection/Known.ts'
import type { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import { columnText } from '../payload/text.ts'
import type { BatchParts } from './Batch.ts'
import type { Columns } from './Columns.ts'
import type { StoreClock } from './StoreClock.ts'
import { LoadedFacts, needId, type Need } from './LoadedFacts.ts'
import { loadFacts } from './loadFacts.ts'
import type { Named } from './needsOf.ts'
import type { RunCache } from './RunCache.ts'
import type { Session } from './Session.ts'

/** What a transaction began with. */
export interface Loaded {
  readonly parts: BatchParts
  /** Number of the transaction in the server. */
  readonly xid: string
  /** What must be loaded beside it: kept folds that another process has outdated. */
  readonly outdated: readonly Need[]
}

/** What loading takes. */
export interface Loading {
  readonly session: Session
  readonly named: readonly Named[]
  /** Needs that earlier tries found. */
  readonly more: readonly Need[]
  readonly cache: RunCache
  readonly clock: StoreClock
  readonly columns: Columns
  readonly schema: string
  readonly limits: JournalLimits
  readonly source: FactSource
}

/**
 * Begins a transaction: locks the runs that its writes name in the order of their ids, so that two batches
 * never wait for each other, and reads every fact that the writes are known to need. All statements travel
 * together.
 */
export async function loadBatch(loading: Loading): Promise<Loaded> {
  const { session, named, cache } = loading
  const needs = unique([...named.flatMap((one) => one.needs ?? []), ...loading.more])
  const runIds = [
    ...new Set([
      ...named.flatMap((one) => one.runs ?? []),
      ...needs.flatMap((need) => (need.kind === 'run' ? [need.runId] : [])),
    ]),
  ]
  const workers = [...new Set(named.flatMap(({ worker }) => worker ?? []))]
  const ends = [...new Set(named.flatMap((one) => one.ends ?? []))]
  const fresh = runIds.filter((id) => cache.get(id) === undefined)
  const facts = new LoadedFacts()

  void session.send({ text: 'begin' })
  // Before its runs are looked for: a claim of this worker that is under way ends first, and none begins any more.
  const fenced = workers.length === 0 ? null : session.rows(FENCE, workers)
  const locked = session.rows<Locked>(LOCK, runIds, workers, ends)
  const sentAt = loading.clock.local()
  const meta = session.rows<{ now: string; xid: string }>(META)
  const rows = session.rows<RunColumns>(ROWS, fresh, workers, ends)
  await loadFacts(
    session,
    needs.filter((need) => isMissing(need, cache)),
    facts,
  )

  await fenced
  const [found, byId] = [await locked, new Map((await rows).map((row) => [row.id, withoutGenerated(row)]))]
  const [at] = await meta
  const { timestamp } = loading.clock.observe(at?.now ?? '', sentAt)

  const kept = new Map<string, RunFold>()
  const outdated: Need[] = []
  for (const { id, owner_token, last_sequence } of found) {
    const fold = cache.get(id)
    if (fold === undefined) continue
    if (fold.run.owner_token === owner_token && fold.run.last_sequence === last_sequence) {
      kept.set(id, fold)
      continue
    }
    cache.forget(id)
    if (!byId.has(id)) outdated.push({ kind: 'run', runId: id })
  }
  const all = new Map<string, RunColumns | null>(byId)
  for (const id of runIds) if (!kept.has(id)) all.set(id, byId.get(columnText(id)) ?? null)
  return {
    xid: at?.xid ?? '',
    outdated,
    parts: {
      timestamp,
      session,
      columns: loading.columns,
      schema: loading.schema,
      limits: loading.limits,
      facts,
      source: loading.source,
      kept,
      rows: all,
      ofWorker: new Map(
        workers.map((worker) => [
          worker,
          found.filter(({ worker_id }) => worker_id === columnText(worker)).map(({ id }) => id),
        ]),
      ),
    },
  }
}

interface Locked {
  readonly id: string
  readonly owner_token: string | null
  readonly last_sequence: number
  readonly worker_id: string | null
}

const FENCE = 'select id from workers where id = any($1::text[]) order by id for update'
/** Runs by id, of workers, and the parents of runs that may end. */
const NAMED = `id = any($1::text[] || array(select id from workflow_runs where worker_id = any($2::text[]))
  || array(select parent_run_id from workflow_runs where id = any($3::text[]) and parent_run_id is not null))`
const LOCK = `select id, owner_token, last_sequence, worker_id from workflow_runs where ${NAMED}
  order by id for no key update`
const ROWS = `select * from workflow_runs where ${NAMED}`
const META = 'select clock_timestamp()::timestamptz(3) as now, pg_current_xact_id()::text as xid'

/** A fact that a fold of an earlier batch knows by itself is not read again. */
function isMissing(need: Need, cache: RunCache): boolean {
  if (need.kind !== 'open' && need.kind !== 'step') return need.kind !== 'run'
  const facts = cache.get(need.runId)?.facts
  if (facts === undefined || !facts.knowsOpen) return true
  return need.kind === 'step' && !facts.knowsStep(need.key)
}

const GENERATED = ['run_id', 'user_message', 'branch_name', 'commit_sha', 'duration_seconds']

/** The columns of a run that hold a value of their own. */
export function withoutGenerated(row: RunColumns): RunColumns {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !GENERATED.includes(column))) as never
}

function unique(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map((need) => [needId(need), need])).values()]
}
