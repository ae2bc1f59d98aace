import type { Connection } from './Connection.ts'

/** Ids of due runs in the order of claims, and where they stand. */
interface DueRow {
  readonly id: string
  readonly queue_rank: number
  readonly due_at: string
}

/** Runs without owner that have a due time; the condition of `idx_workflow_runs_queue`. */
const IN_LINE = 'owner_token is null and due_at is not null'

/** The highest rank of a place below a given one. */
export const NEXT_RANK = `select queue_rank from workflow_runs
  where ${IN_LINE} and host_id is ? and queue_rank < ? order by queue_rank desc limit 1`
/** Due runs of one rank and place, the one due longest first. */
export const DUE_OF_RANK = `select id, queue_rank, due_at from workflow_runs
  where ${IN_LINE} and host_id is ? and queue_rank = ? and due_at <= ? order by due_at limit ?`
/** When the next run of one rank and place is due. */
export const FIRST_DUE = `select due_at from workflow_runs
  where ${IN_LINE} and host_id is ? and queue_rank = ? order by due_at limit 1`
/** The next place by name that has runs in the line. */
export const NEXT_PLACE = `select host_id from workflow_runs
  where ${IN_LINE} and host_id > ? order by host_id limit 1`
const PLACES = 'select host_id, workspace_group from workers where id = ?'
const HAS_WORKER = "select 1 from workers where host_id = ? or 'group:' || workspace_group = ? limit 1"

/** The ranks of a place that have runs in the line, higher first. There are few: priorities are small numbers. */
function* ranksOf(connection: Connection, place: string | null): Generator<number> {
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const next = connection.get<{ queue_rank: number }>(NEXT_RANK, place, below)
    if (next === null) return
    yield (below = next.queue_rank)
  }
}

/** Ids of due runs by rank, then due time: for each place and rank one seek, whatever number of runs waits. */
export function dueRuns(
  connection: Connection,
  query: {
    readonly places: readonly (string | null)[]
    readonly now: string
    readonly limit: number
  },
): string[] {
  const found = query.places.flatMap((place) => dueOfPlace(connection, place, query.now, query.limit))
  if (query.places.length > 1)
    found.sort(
      (a, b) => b.queue_rank - a.queue_rank || (a.due_at < b.due_at ? -1 : a.due_at > b.due_at ? 1 : 0),
    )
  return found.slice(0, query.limit).map(({ id }) => id)
}

function dueOfPlace(connection: Connection, place: string | null, now: string, limit: number): DueRow[] {
  const found: DueRow[] = []
  for (const rank of ranksOf(connection, place)) {
    found.push(...connection.all<DueRow>(DUE_OF_RANK, place, rank, now, limit - found.length))
    if (found.length >= limit) break
  }
  return found
}

/** The host and group of a worker; empty for an unknown one. */
export function placesOf(connection: Connection, workerId: string): string[] {
  const row = connection.get<{ host_id: string; workspace_group: string | null }>(PLACES, workerId)
  if (row === null) return []
  return row.workspace_group === null ? [row.host_id] : [row.host_id, `group:${row.workspace_group}`]
}

/** Whether a worker would find a due run. */
export function isDue(connection: Connection, workerId: string, now: string): boolean {
  const places = [null, ...placesOf(connection, workerId)]
  return places.some((place) => dueOfPlace(connection, place, now, 1).length > 0)
}

/** When the next run that a worker may claim is due. */
export function nextDueAt(connection: Connection, workerId: string): string | null {
  let next: string | null = null
  for (const place of [null, ...placesOf(connection, workerId)]) {
    for (const rank of ranksOf(connection, place)) {
      const at = connection.get<{ due_at: string }>(FIRST_DUE, place, rank)?.due_at ?? null
      if (at !== null && (next === null || at < next)) next = at
    }
  }
  return next
}

/** Places with runs that are due since before `dueBefore`, and no worker. */
export function lostPlaces(connection: Connection, dueBefore: string): string[] {
  const lost: string[] = []
  for (let after = ''; ;) {
    const next = connection.get<{ host_id: string }>(NEXT_PLACE, after)
    if (next === null) return lost
    after = next.host_id
    const isServed = connection.get(HAS_WORKER, after, after) !== null
    if (!isServed && dueOfPlace(connection, after, dueBefore, 1).length > 0) lost.push(after)
  }
}
