import type { WorkerRow } from '../contract/index.ts'
import type { RunColumns } from '../projection/rows.ts'

type Run = Readonly<RunColumns>

/** Runs without owner that are due by `now` and lie in one of `places` (null: nowhere), in the order of claims. */
export function dueRuns(runs: readonly Run[], places: readonly (string | null)[], now: string): Run[] {
  const due = runs.filter((run) => isInLine(run) && (run.due_at ?? '') <= now && places.includes(run.host_id))
  return due.toSorted(
    (a, b) => b.queue_rank - a.queue_rank || compare(a.due_at ?? '', b.due_at ?? '') || compare(a.id, b.id),
  )
}

/** When the next run that lies in one of `places` is due. */
export function nextDue(runs: readonly Run[], places: readonly (string | null)[]): string | null {
  let next: string | null = null
  for (const run of runs) {
    if (!isInLine(run) || !places.includes(run.host_id)) continue
    if (next === null || (run.due_at ?? '') < next) next = run.due_at
  }
  return next
}

/** Places with runs that are due since before `dueBefore`, and no worker. */
export function lostPlaces(runs: readonly Run[], workers: readonly WorkerRow[], dueBefore: string): string[] {
  const served = new Set(workers.flatMap(placesOfWorker))
  const lost = new Set<string>()
  for (const run of runs) {
    if (run.host_id === null || served.has(run.host_id) || !isInLine(run)) continue
    if ((run.due_at ?? '') <= dueBefore) lost.add(run.host_id)
  }
  return [...lost].toSorted()
}

/** The host and group of a worker; none for an unknown one. */
export function placesOf(worker: WorkerRow | null): string[] {
  return worker === null ? [] : placesOfWorker(worker)
}

/** Whether a run has no owner, and a due time. */
export function isInLine({ owner_token, due_at }: Run): boolean {
  return owner_token === null && due_at !== null
}

/** Orders text by its code units, as SQL does. */
export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function placesOfWorker({ host_id, workspace_group: group }: WorkerRow): string[] {
  return group === null ? [host_id] : [host_id, `group:${group}`]
}
