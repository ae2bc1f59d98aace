import type { RunColumns } from '../projection/rows.ts'

/** What answers a statement: a transaction, or the store's reads. */
export interface Rows {
  rows<T extends object>(text: string, ...values: readonly unknown[]): Promise<T[]>
}

/** Runs without owner that have a due time; the condition of `idx_workflow_runs_queue`. */
const IN_LINE = 'owner_token is null and due_at is not null'

/** A place is null (anywhere), which no comparison finds, or a name. */
const at = (place: string | null): string => (place === null ? 'host_id is null' : 'host_id = $1')

/** The ranks of a place that have runs in the line, higher first, each by one search in the index. */
const ranks = (place: string | null): string => `with recursive ranks(rank) as (
  (select queue_rank from workflow_runs where ${IN_LINE} and ${at(place)} order by queue_rank desc limit 1)
  union all
  select (select queue_rank from workflow_runs where ${IN_LINE} and ${at(place)} and queue_rank < ranks.rank
    order by queue_rank desc limit 1) from ranks where ranks.rank is not null
)`

/** Due runs by rank, then due time; ranks are looked into one after the other until there are enough. */
const due = (place: string | null, lock: boolean): string => `${ranks(place)}
  select run.* from ranks cross join lateral (
    select * from workflow_runs where ${IN_LINE} and ${at(place)} and queue_rank = ranks.rank
      and due_at <= $2::timestamptz and $1::text is not distinct from $1 order by due_at limit $3
      ${lock ? 'for no key update skip locked' : ''}
  ) as run where ranks.rank is not null limit $3`

const nextDue = (place: string | null): string => `${ranks(place)}
  select min((select due_at from workflow_runs where ${IN_LINE} and ${at(place)} and queue_rank = ranks.rank
    order by due_at limit 1)) as at from ranks where ranks.rank is not null and $1::text is not distinct from $1`

/**
 * Due runs of several places by rank, then due time. With `lock` they belong to this transaction from here on,
 * and those that another one has are passed over.
 */
export async function dueRuns(
  from: Rows,
  query: {
    readonly places: readonly (string | null)[]
    readonly now: string
    readonly limit: number
    readonly lock: boolean
  },
): Promise<RunColumns[]> {
  const found: RunColumns[] = []
  for (const place of query.places)
    found.push(...(await from.rows<RunColumns>(due(place, query.lock), place, query.now, query.limit)))
  const time = (run: RunColumns): number => Date.parse(run.due_at ?? '')
  return found.toSorted((a, b) => b.queue_rank - a.queue_rank || time(a) - time(b)).slice(0, query.limit)
}

/** The host and group of a worker; empty for an unknown one. */
export async function placesOf(from: Rows, workerId: string, lock = false): Promise<string[]> {
  // A row that somebody removes at this moment counts as gone: waiting for it could end in a deadlock.
  const text = lock ? `${PLACES} for key share skip locked` : PLACES
  const [row] = await from.rows<{ host_id: string; workspace_group: string | null }>(text, workerId)
  if (row === undefined) return []
  return row.workspace_group === null ? [row.host_id] : [row.host_id, `group:${row.workspace_group}`]
}

/** When the next run that a worker may claim is due; null: none will be by itself. */
export async function nextDueAt(from: Rows, workerId: string): Promise<string | null> {
  let next: string | null = null
  for (const place of [null, ...(await placesOf(from, workerId))]) {
    const found = (await from.rows<{ at: string | null }>(nextDue(place), place))[0]?.at ?? null
    if (found !== null && (next === null || found < next)) next = found
  }
  return next
}

/** Places with runs that are due since before `dueBefore`, and no worker. */
export async function lostPlaces(from: Rows, dueBefore: string): Promise<string[]> {
  const rows = await from.rows<{ place: string }>(LOST, dueBefore)
  return rows.map(({ place }) => place)
}

const PLACES = 'select host_id, workspace_group from workers where id = $1'
const LOST = `with recursive places(place) as (
  (select host_id from workflow_runs where ${IN_LINE} and host_id is not null order by host_id limit 1)
  union all
  select (select host_id from workflow_runs where ${IN_LINE} and host_id > places.place order by host_id limit 1)
    from places where places.place is not null
)
select place from places where place is not null
  and not exists (select 1 from workers where host_id = place or 'group:' || workspace_group = place)
  and exists (select 1 from workflow_runs where ${IN_LINE} and host_id = place and due_at <= $1::timestamptz)`
