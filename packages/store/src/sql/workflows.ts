import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type {
  DefinitionStore,
  NewDefinition,
  WorkflowDefinitionRow,
  WorkflowVersionRow,
} from '../contract/index.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import { decodeRow } from './decode.ts'
import { addNodes } from './nodes.ts'
import { notFound } from './notFound.ts'
import { lockProject } from './projects.ts'
import { all, first, run, type Script } from './Script.ts'
import { assignments, contains, insert, sql, where } from './statement.ts'
import { syncTriggers } from './triggers.ts'

type Registered = Awaited<ReturnType<DefinitionStore['registerWorkflow']>>

/** A content that is known, also as an older version, makes no new one: it becomes the current one again. */
export function* registerWorkflow(definition: NewDefinition, now: string): Script<Registered> {
  yield* lockProject(definition.projectId)
  const id = yield* ensureDefinition(definition, now)
  const isNew = yield* ensureVersion(id, definition, now)
  const version = yield* first<{ id: string; version: number }>(
    sql`select * from workflow_versions where workflow_id = ${id} and content_hash = ${definition.contentHash}`,
  )
  if (version === null) throw new WorkflowError('INTERNAL', `The new version of workflow ${id} vanished.`)
  if (isNew) yield* addNodes({ workflowId: id, versionId: version.id }, definition.nodes ?? [])
  yield* syncTriggers(id, definition.triggers ?? [], now)
  const event = definition.triggers?.find((trigger) => trigger.kind === 'event')?.event ?? null
  yield* run(
    sql`update workflow_definitions set version = ${version.version}, trigger_event = ${columnTextOrNull(event)}
      where id = ${id}`,
  )
  return { definition: yield* getWorkflow(id), version: decodeRow('workflow_versions', version), isNew }
}

/** The row of this name, with what the definition says of it. Answers its id. */
function* ensureDefinition(definition: NewDefinition, now: string): Script<string> {
  const said = {
    description: columnText(definition.description),
    file_path: columnTextOrNull(definition.filePath),
    config: jsonText(definition.config),
    parsed_at: now,
  }
  const { projectId, name, contentHash } = definition
  const made = {
    id: randomUUID(),
    project_id: projectId,
    name,
    content_hash: contentHash,
    created_at: now,
    updated_at: now,
    ...said,
  }
  yield* run(
    sql`${insert('workflow_definitions', made)} on conflict (project_id, name) do update set ${assignments(said)},
      updated_at = case when workflow_definitions.content_hash = excluded.content_hash
        then workflow_definitions.updated_at else excluded.updated_at end,
      content_hash = excluded.content_hash`,
  )
  const row = yield* first<{ id: string }>(
    sql`select id from workflow_definitions where project_id = ${projectId} and name = ${name}`,
  )
  if (row === null) throw new WorkflowError('INTERNAL', `Workflow "${name}" vanished.`)
  return row.id
}

/** Adds a version with this content unless there is one, which then counts as parsed now. Answers whether it is new. */
function* ensureVersion(id: string, definition: NewDefinition, now: string): Script<boolean> {
  const { contentHash, lockHash } = definition
  const known = yield* all(
    sql`update workflow_versions set parsed_at = ${now}, lock_hash = ${lockHash}
      where workflow_id = ${id} and content_hash = ${contentHash} returning id`,
  )
  if (known.length > 0) return false
  const newest = yield* first<{ version: number | null }>(
    sql`select max(version) as version from workflow_versions where workflow_id = ${id}`,
  )
  yield* run(
    insert('workflow_versions', {
      id: randomUUID(),
      workflow_id: id,
      version: (newest?.version ?? 0) + 1,
      source: columnText(definition.source),
      bundle: columnText(definition.bundle),
      config: jsonText(definition.config),
      content_hash: contentHash,
      lock_hash: lockHash,
      parsed_at: now,
      created_at: now,
    }),
  )
  return true
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getWorkflow(id: string): Script<WorkflowDefinitionRow> {
  const row = yield* first<object>(sql`select * from workflow_definitions where id = ${id}`)
  if (row === null) throw notFound('workflow', id)
  return decodeRow('workflow_definitions', row)
}

/** The workflow of this name in a project. */
export function* findWorkflow(projectId: string, name: string): Script<WorkflowDefinitionRow | null> {
  const row = yield* first<object>(
    sql`select * from workflow_definitions where project_id = ${projectId} and name = ${name}`,
  )
  return row === null ? null : decodeRow('workflow_definitions', row)
}

/** Workflows by name. */
export function* listWorkflows({
  projectId,
  isActive,
  q,
}: Parameters<DefinitionStore['listWorkflows']>[0]): Script<WorkflowDefinitionRow[]> {
  const conditions = []
  if (projectId !== undefined) conditions.push(sql`project_id = ${projectId}`)
  if (isActive !== undefined) conditions.push(sql`is_active = ${isActive}`)
  if (q !== undefined) conditions.push(sql`(${contains('name', q)} or ${contains('description', q)})`)
  const rows = yield* all<object>(
    sql`select * from workflow_definitions${where(conditions)} order by name, id`,
  )
  return rows.map((row) => decodeRow('workflow_definitions', row))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* updateWorkflow(
  id: string,
  { isActive, description }: Parameters<DefinitionStore['updateWorkflow']>[1],
  now: string,
): Script<WorkflowDefinitionRow> {
  const change = {
    updated_at: now,
    ...(isActive === undefined ? {} : { is_active: isActive }),
    ...(description === undefined ? {} : { description: columnText(description) }),
  }
  yield* run(sql`update workflow_definitions set ${assignments(change)} where id = ${id}`)
  return yield* getWorkflow(id)
}

/** @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE` while runs refer to it. */
export function* deleteWorkflow(id: string): Script<void> {
  const { name } = yield* getWorkflow(id)
  const used = yield* first(sql`select id from workflow_runs where workflow_id = ${id} limit 1`)
  if (used !== null) {
    throw new WorkflowError(
      'DEFINITION_IN_USE',
      `Workflow "${name}" has runs and cannot be deleted. Switch it off, or delete its runs first.`,
      { details: { workflowId: id } },
    )
  }
  yield* run(sql`delete from workflow_definitions where id = ${id}`)
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getWorkflowVersion(workflowId: string, version: number): Script<WorkflowVersionRow> {
  const row = yield* first<object>(
    sql`select * from workflow_versions where workflow_id = ${workflowId} and version = ${version}`,
  )
  if (row === null) throw notFound('workflow version', `${workflowId} version ${version}`)
  return decodeRow('workflow_versions', row)
}

/** Every version, oldest first. */
export function* listWorkflowVersions(workflowId: string): Script<WorkflowVersionRow[]> {
  const rows = yield* all<object>(
    sql`select * from workflow_versions where workflow_id = ${workflowId} order by version`,
  )
  return rows.map((row) => decodeRow('workflow_versions', row))
}
