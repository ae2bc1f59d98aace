import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { DefinitionStore, NewTrigger, TriggerRow } from '../contract/index.ts'
import { isSameTrigger, saidBy, type SaidByTrigger } from '../payload/triggerColumns.ts'
import { decodeRow } from './decode.ts'
import { notFound } from './notFound.ts'
import { all, first, run, type Script } from './Script.ts'
import { insert, sql, where } from './statement.ts'

/**
 * Makes the triggers of a definition those that it names. One that says the same as before stays as it is,
 * with its id and whether it is on; those that people made are not touched.
 */
export function* syncTriggers(workflowId: string, wanted: readonly NewTrigger[], now: string): Script<void> {
  const left = yield* all<SaidByTrigger & { id: string }>(
    sql`select * from triggers where workflow_id = ${workflowId} and origin = 'definition' order by created_at, id`,
  )
  for (const trigger of wanted) {
    const said = saidBy(trigger)
    const same = left.findIndex((row) => isSameTrigger(row, said))
    if (same >= 0) left.splice(same, 1)
    else yield* addTrigger({ workflowId, origin: 'definition', said }, now)
  }
  for (const { id } of left) yield* run(sql`delete from triggers where id = ${id}`)
}

/** A trigger beside those of the definition. @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* createTrigger(workflowId: string, trigger: NewTrigger, now: string): Script<TriggerRow> {
  const workflow = yield* first(sql`select id from workflow_definitions where id = ${workflowId}`)
  if (workflow === null) throw notFound('workflow', workflowId)
  const id = yield* addTrigger({ workflowId, origin: 'person', said: saidBy(trigger) }, now)
  return yield* getTrigger(id)
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getTrigger(id: string): Script<TriggerRow> {
  const row = yield* first<object>(sql`select * from triggers where id = ${id}`)
  if (row === null) throw notFound('trigger', id)
  return decodeRow('triggers', row)
}

/** Triggers in the order in which they were made. */
export function* listTriggers(query: Parameters<DefinitionStore['listTriggers']>[0]): Script<TriggerRow[]> {
  const conditions = []
  if (query.projectId !== undefined) conditions.push(sql`d.project_id = ${query.projectId}`)
  if (query.workflowId !== undefined) conditions.push(sql`t.workflow_id = ${query.workflowId}`)
  if (query.kind !== undefined) conditions.push(sql`t.kind = ${query.kind}`)
  if (query.event !== undefined) conditions.push(sql`t.event_name = ${query.event}`)
  if (query.isActive !== undefined) conditions.push(sql`(t.is_active and d.is_active) = ${query.isActive}`)
  const found = yield* all<object>(
    sql`select t.* from triggers as t join workflow_definitions as d on d.id = t.workflow_id${where(conditions)}
      order by t.created_at, t.id`,
  )
  return found.map((row) => decodeRow('triggers', row))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* updateTrigger(id: string, isActive: boolean, now: string): Script<TriggerRow> {
  yield* run(sql`update triggers set is_active = ${isActive}, updated_at = ${now} where id = ${id}`)
  return yield* getTrigger(id)
}

/** @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE`. */
export function* deleteTrigger(id: string): Script<void> {
  const { origin, workflow_id } = yield* getTrigger(id)
  if (origin === 'definition') {
    throw new WorkflowError(
      'DEFINITION_IN_USE',
      `Trigger ${id} belongs to the definition of workflow ${workflow_id}, which would make it again. Switch it off, or take it out of the definition.`,
      { details: { triggerId: id, workflowId: workflow_id } },
    )
  }
  yield* run(sql`delete from triggers where id = ${id}`)
}

/** Adds a trigger, and the schedule of a cron trigger. Answers its id. */
function* addTrigger(
  {
    workflowId,
    origin,
    said,
  }: { readonly workflowId: string; readonly origin: TriggerRow['origin']; readonly said: SaidByTrigger },
  now: string,
): Script<string> {
  const id = randomUUID()
  const times = { created_at: now, updated_at: now }
  yield* run(insert('triggers', { id, workflow_id: workflowId, origin, is_active: true, ...said, ...times }))
  if (said.kind === 'cron') {
    const schedule = { id: randomUUID(), trigger_id: id, workflow_id: workflowId, ...times }
    yield* run(insert('schedules', schedule))
  }
  return id
}
