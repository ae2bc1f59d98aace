import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type {
  NewDefinition,
  ProjectRow,
  SessionRow,
  WorkflowDefinitionRow,
  WorkflowVersionRow,
} from '../contract/index.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import { decodeRow } from '../sql/decode.ts'
import type { VersionColumns } from '../sql/tables.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { readJson } from './io.ts'
import type { Layout } from './layout.ts'
import { notFound } from '../sql/notFound.ts'
import { addNodes, removeTrigger, syncTriggers } from './triggerOperations.ts'
import type { DefinitionRecord } from './Records.ts'

/** Writes of projects, definitions and chat threads. */
export const definitionOperations = {
  ensureProject(
    tx: FileTransaction,
    { name, path }: { readonly name: string; readonly path: string },
  ): ProjectRow {
    const before = tx.list('projects').find((project) => project.path === path)
    if (before?.name === name) return before
    const { timestamp } = tx
    const row: ProjectRow = {
      ...(before ?? { id: randomUUID(), path, created_at: timestamp }),
      name,
      updated_at: timestamp,
    }
    tx.put('projects', row)
    return row
  },

  updateProject(tx: FileTransaction, id: string, name: string): ProjectRow {
    const before = tx.get('projects', id)
    if (before === null) throw notFound('project', id)
    const row: ProjectRow = { ...before, name: columnText(name), updated_at: tx.timestamp }
    tx.put('projects', row)
    return row
  },

  deleteProject(tx: FileTransaction, id: string): null {
    if (tx.get('projects', id) === null) return null
    for (const run of tx.everyRun()) if (run.project_id === id) tx.removeRun(run.id)
    for (const table of PARTS_OF_PROJECT) {
      for (const row of tx.list(table)) {
        if (row.project_id !== id) continue
        if (table === 'workflow_definitions') removeParts(tx, row as DefinitionRecord)
        tx.remove(table, row.id)
      }
    }
    tx.remove('projects', id)
    return null
  },

  ensureSession(
    tx: FileTransaction,
    {
      projectId,
      name,
      agentName,
    }: { readonly projectId: string; readonly name: string; readonly agentName: string | null },
  ): SessionRow {
    mustHaveProject(tx, projectId)
    const before = tx.list('sessions').find((row) => row.project_id === projectId && row.name === name)
    if (before !== undefined) return before
    const row: SessionRow = {
      id: randomUUID(),
      project_id: projectId,
      agent_name: columnTextOrNull(agentName),
      name,
      created_at: tx.timestamp,
    }
    tx.put('sessions', row)
    return row
  },

  registerWorkflow(tx: FileTransaction, definition: NewDefinition) {
    return register(tx, definition)
  },

  updateWorkflow(
    tx: FileTransaction,
    id: string,
    { isActive, description }: { readonly isActive?: boolean; readonly description?: string },
  ): WorkflowDefinitionRow {
    const before = mustGetWorkflow(tx, id)
    const row: DefinitionRecord = {
      ...before,
      is_active: isActive ?? before.is_active,
      description: columnText(description ?? before.description),
      updated_at: tx.timestamp,
    }
    tx.put('workflow_definitions', row)
    return definitionRow(row)
  },

  deleteWorkflow(tx: FileTransaction, id: string): null {
    const row = mustGetWorkflow(tx, id)
    if (tx.everyRun().some((run) => run.workflow_id === id)) {
      throw new WorkflowError(
        'DEFINITION_IN_USE',
        `Workflow "${row.name}" has runs and cannot be deleted. Switch it off, or delete its runs first.`,
        { details: { workflowId: id } },
      )
    }
    removeParts(tx, row)
    tx.remove('workflow_definitions', id)
    return null
  },
} as const

/** A definition as the contract answers it. */
export function definitionRow({ versions: _versions, ...row }: DefinitionRecord): WorkflowDefinitionRow {
  return decodeRow('workflow_definitions', row)
}

/** One version of a definition; null when there is none. */
export function readVersion(layout: Layout, workflowId: string, version: number): WorkflowVersionRow | null {
  const row = readJson<VersionColumns>(layout.version(workflowId, version))
  return row === null ? null : decodeRow('workflow_versions', row)
}

/** A content that is known, also as an older version, makes no new one: it becomes the current one again. */
function register(tx: FileTransaction, definition: NewDefinition) {
  mustHaveProject(tx, definition.projectId)
  const { timestamp } = tx
  const { projectId, name, contentHash, lockHash } = definition
  const before = tx
    .list('workflow_definitions')
    .find((row) => row.project_id === projectId && row.name === name)
  const id = before?.id ?? randomUUID()
  const versions = before?.versions ?? []
  const known = versions.find((one) => one.content_hash === contentHash)
  const number = known?.version ?? Math.max(0, ...versions.map(({ version }) => version)) + 1
  const config = jsonText(definition.config)
  const event = definition.triggers?.find((trigger) => trigger.kind === 'event')?.event ?? null
  const version: VersionColumns =
    known === undefined
      ? {
          id: randomUUID(),
          workflow_id: id,
          version: number,
          source: columnText(definition.source),
          bundle: columnText(definition.bundle),
          config,
          content_hash: contentHash,
          lock_hash: lockHash,
          parsed_at: timestamp,
          created_at: timestamp,
        }
      : { ...mustReadVersion(tx, id, number), parsed_at: timestamp, lock_hash: lockHash }
  tx.write(tx.layout.version(id, number), `${JSON.stringify(version, null, 1)}\n`)
  const row: DefinitionRecord = {
    id,
    project_id: projectId,
    name,
    description: columnText(definition.description),
    version: number,
    file_path: columnTextOrNull(definition.filePath),
    config,
    is_active: before?.is_active ?? true,
    trigger_event: columnTextOrNull(event),
    content_hash: contentHash,
    parsed_at: timestamp,
    created_at: before?.created_at ?? timestamp,
    updated_at: before?.content_hash === contentHash ? before.updated_at : timestamp,
    versions: known === undefined ? [...versions, { version: number, content_hash: contentHash }] : versions,
  }
  if (known === undefined) addNodes(tx, { workflowId: id, versionId: version.id }, definition.nodes ?? [])
  syncTriggers(tx, id, definition.triggers ?? [])
  tx.put('workflow_definitions', row)
  return {
    definition: definitionRow(row),
    version: decodeRow('workflow_versions', version),
    isNew: known === undefined,
  }
}

function mustReadVersion(tx: FileTransaction, workflowId: string, version: number): VersionColumns {
  const path = tx.layout.version(workflowId, version)
  const staged = tx.staged(path)
  const row = staged === null ? readJson<VersionColumns>(path) : (JSON.parse(staged) as VersionColumns)
  if (row === null) throw notFound('workflow version', `${workflowId} version ${version}`)
  return row
}

/** Tables whose records belong to a project. */
const PARTS_OF_PROJECT = [
  'workflow_definitions',
  'prompt_definitions',
  'prompt_labels',
  'sessions',
  'workspaces',
] as const

/** Versions, nodes, triggers and schedules of a definition. */
function removeParts(tx: FileTransaction, { id, versions }: DefinitionRecord): void {
  for (const node of tx.list('workflow_nodes'))
    if (node.workflow_id === id) tx.remove('workflow_nodes', node.id)
  for (const trigger of tx.list('triggers')) if (trigger.workflow_id === id) removeTrigger(tx, trigger.id)
  for (const { version } of versions) tx.removeFile(tx.layout.version(id, version))
}

function mustGetWorkflow(tx: FileTransaction, id: string): DefinitionRecord {
  const row = tx.get('workflow_definitions', id)
  if (row === null) throw notFound('workflow', id)
  return row
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function mustHaveProject(tx: FileTransaction, projectId: string): void {
  if (tx.get('projects', projectId) !== null) return
  throw new WorkflowError('RECORD_NOT_FOUND', `No project has the id ${projectId}. Register it first.`, {
    details: { projectId },
  })
}
