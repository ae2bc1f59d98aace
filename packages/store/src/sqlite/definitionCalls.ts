import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { DefinitionStore, NewDefinition, ProjectRow, WorkflowDefinitionRow } from '../contract/index.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import { decodeRow } from '../sql/decode.ts'
import { mustHaveProject } from './runCalls.ts'
import type { SqliteTransaction } from './SqliteTransaction.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link DefinitionStore} on SQLite. */
export function definitionCalls(parts: StoreParts): DefinitionStore {
  const { commit, connection } = parts
  return {
    ensureProject: async ({ name, path }) =>
      await commit.write((tx) => {
        tx.connection.run(ENSURE_PROJECT, randomUUID(), name, path, tx.timestamp, tx.timestamp)
        return { ...mustGet<ProjectRow>(tx, 'select * from projects where path = ?', path) }
      }),
    getProject: async (id) =>
      await parts.read(() => {
        const row = connection.get<ProjectRow>('select * from projects where id = ?', id)
        if (row === null) throw notFound('project', id)
        return { ...row }
      }),
    listProjects: async () =>
      await parts.query(
        async (db) => await db.selectFrom('projects').selectAll().orderBy('name').orderBy('id').execute(),
      ),
    deleteProject: async (id) => {
      await commit.write((tx) => {
        tx.flush()
        const runs = tx.connection.all<{ id: string }>(
          'select id from workflow_runs where project_id = ?',
          id,
        )
        tx.connection.run('delete from projects where id = ?', id)
        for (const run of runs) tx.drop(run.id)
      })
    },
    registerWorkflow: async (definition) => await commit.write((tx) => register(parts, tx, definition)),
    findWorkflow: async (projectId, name) =>
      await parts.read(() => {
        const row = connection.get<object>(
          'select * from workflow_definitions where project_id = ? and name = ?',
          projectId,
          name,
        )
        return row === null ? null : decodeRow('workflow_definitions', row)
      }),
    getWorkflow: async (id) => await parts.read(() => mustGetWorkflow(parts, id)),
    listWorkflows: async ({ projectId, isActive }) =>
      await parts.query(async (db) => {
        let query = db.selectFrom('workflow_definitions').selectAll()
        if (projectId !== undefined) query = query.where('project_id', '=', projectId)
        if (isActive !== undefined) query = query.where('is_active', '=', isActive)
        const rows = await query.orderBy('name').orderBy('id').execute()
        return rows.map((row) => decodeRow('workflow_definitions', row))
      }),
    updateWorkflow: async (id, { isActive, description }) =>
      await commit.write((tx) => {
        const before = mustGetWorkflow(parts, id)
        tx.connection.run(
          'update workflow_definitions set is_active = ?, description = ?, updated_at = ? where id = ?',
          isActive ?? before.is_active,
          columnText(description ?? before.description),
          tx.timestamp,
          id,
        )
        return mustGetWorkflow(parts, id)
      }),
    deleteWorkflow: async (id) => {
      await commit.write((tx) => {
        tx.flush()
        const { name } = mustGetWorkflow(parts, id)
        if (tx.connection.get('select 1 from workflow_runs where workflow_id = ?', id) !== null) {
          throw new WorkflowError(
            'DEFINITION_IN_USE',
            `Workflow "${name}" has runs and cannot be deleted. Switch it off, or delete its runs first.`,
            { details: { workflowId: id } },
          )
        }
        tx.connection.run('delete from workflow_definitions where id = ?', id)
      })
    },
    getWorkflowVersion: async (workflowId, version) =>
      await parts.read(() => {
        const row = connection.get<object>(
          'select * from workflow_versions where workflow_id = ? and version = ?',
          workflowId,
          version,
        )
        if (row === null) throw notFound('workflow version', `${workflowId} version ${version}`)
        return decodeRow('workflow_versions', row)
      }),
    listWorkflowVersions: async (workflowId) =>
      await parts.query(async (db) => {
        const rows = await db
          .selectFrom('workflow_versions')
          .selectAll()
          .where('workflow_id', '=', workflowId)
          .orderBy('version')
          .execute()
        return rows.map((row) => decodeRow('workflow_versions', row))
      }),
  }
}

type Registered = Awaited<ReturnType<DefinitionStore['registerWorkflow']>>

/** A content that is known, also as an older version, makes no new one: it becomes the current one again. */
function register(parts: StoreParts, tx: SqliteTransaction, definition: NewDefinition): Registered {
  mustHaveProject(parts, definition.projectId)
  const { connection, timestamp } = tx
  const { projectId, name, contentHash } = definition
  const config = jsonText(definition.config)
  connection.run(
    ENSURE_WORKFLOW,
    randomUUID(),
    projectId,
    name,
    columnText(definition.description),
    columnTextOrNull(definition.filePath),
    config,
    contentHash,
    timestamp,
    timestamp,
    timestamp,
  )
  const { id } = mustGet<{ id: string }>(
    tx,
    'select id from workflow_definitions where project_id = ? and name = ?',
    projectId,
    name,
  )
  const isNew =
    connection.run(
      ADD_VERSION,
      randomUUID(),
      id,
      id,
      columnText(definition.source),
      columnText(definition.bundle),
      config,
      contentHash,
      definition.lockHash,
      timestamp,
      timestamp,
    ) === 1
  if (!isNew) connection.run(RENEW_VERSION, timestamp, definition.lockHash, id, contentHash)
  const version = decodeRow(
    'workflow_versions',
    mustGet<object>(
      tx,
      'select * from workflow_versions where workflow_id = ? and content_hash = ?',
      id,
      contentHash,
    ),
  )
  connection.run(SET_VERSION, version.version, id)
  return { definition: mustGetWorkflow(parts, id), version, isNew }
}

function mustGetWorkflow({ connection }: StoreParts, id: string): WorkflowDefinitionRow {
  const row = connection.get<object>('select * from workflow_definitions where id = ?', id)
  if (row === null) throw notFound('workflow', id)
  return decodeRow('workflow_definitions', row)
}

function mustGet<T>(tx: SqliteTransaction, query: string, ...values: readonly string[]): T {
  const row = tx.connection.get<T>(query, ...values)
  if (row === null) throw new WorkflowError('INTERNAL', 'A record vanished in the transaction that made it.')
  return row
}

function notFound(what: string, id: string): WorkflowError {
  return new WorkflowError('RECORD_NOT_FOUND', `There is no ${what} ${id}.`, { details: { id } })
}

const ENSURE_PROJECT = `insert into projects (id, name, path, created_at, updated_at) values (?, ?, ?, ?, ?)
  on conflict (path) do update set name = excluded.name, updated_at = excluded.updated_at
  where name <> excluded.name`
const ENSURE_WORKFLOW = `insert into workflow_definitions
  (id, project_id, name, description, file_path, config, content_hash, parsed_at, created_at, updated_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (project_id, name) do update set description = excluded.description, file_path = excluded.file_path,
    config = excluded.config, parsed_at = excluded.parsed_at,
    updated_at = case when content_hash = excluded.content_hash then updated_at else excluded.updated_at end,
    content_hash = excluded.content_hash`
const ADD_VERSION = `insert into workflow_versions
  (id, workflow_id, version, source, bundle, config, content_hash, lock_hash, parsed_at, created_at)
  values (?, ?, (select coalesce(max(version), 0) + 1 from workflow_versions where workflow_id = ?), ?, ?, ?, ?, ?, ?, ?)
  on conflict (workflow_id, content_hash) do nothing`
const RENEW_VERSION = `update workflow_versions set parsed_at = ?, lock_hash = ? where workflow_id = ? and content_hash = ?`
const SET_VERSION = 'update workflow_definitions set version = ? where id = ?'
