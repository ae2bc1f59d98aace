import type { DefinitionStore, ScheduleRow } from '../contract/index.ts'
import { all, type Script } from './Script.ts'
import { assignments, sql, where } from './statement.ts'

/** Schedules; with `dueAt` those that have to be looked at by then, earliest first, never planned ones before. */
export function* listSchedules({
  workflowId,
  dueAt,
}: Parameters<DefinitionStore['listSchedules']>[0]): Script<ScheduleRow[]> {
  const conditions = []
  if (workflowId !== undefined) conditions.push(sql`s.workflow_id = ${workflowId}`)
  if (dueAt !== undefined)
    conditions.push(sql`t.is_active and d.is_active and (s.next_at is null or s.next_at <= ${dueAt})`)
  const found = yield* all<ScheduleRow>(
    sql`select s.* from schedules as s join triggers as t on t.id = s.trigger_id
      join workflow_definitions as d on d.id = s.workflow_id${where(conditions)}
      order by s.next_at nulls first, s.created_at, s.id`,
  )
  return found.map((row) => ({ ...row }))
}

/** Plans the next time if nobody else has. Answers whether this call did. */
export function* planSchedule(
  { id, seenNextAt, nextAt, runId }: Parameters<DefinitionStore['planSchedule']>[0],
  now: string,
): Script<boolean> {
  const change = {
    next_at: nextAt,
    updated_at: now,
    ...(runId === undefined ? {} : { last_run_id: runId, last_at: seenNextAt ?? now }),
  }
  const asSeen = seenNextAt === null ? sql`next_at is null` : sql`next_at = ${seenNextAt}`
  const planned = yield* all(
    sql`update schedules set ${assignments(change)} where id = ${id} and ${asSeen} returning id`,
  )
  return planned.length === 1
}
