import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { DefinitionStore, NewNode, NewTrigger, TriggerRow } from '../contract/index.ts'
import { stepTypeOf } from '../payload/stepType.ts'
import { columnText } from '../payload/text.ts'
import { isSameTrigger, saidBy, type SaidByTrigger } from '../payload/triggerColumns.ts'
import { sameNode } from '../payload/sameNode.ts'
import { jsonText } from '../projection/rows.ts'
import { notFound } from '../sql/notFound.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { byMaking } from './orders.ts'

/** Writes of triggers and schedules. */
export const triggerOperations = {
  createTrigger(tx: FileTransaction, workflowId: string, trigger: NewTrigger): TriggerRow {
    if (tx.get('workflow_definitions', workflowId) === null) throw notFound('workflow', workflowId)
    return addTrigger(tx, workflowId, 'person', saidBy(trigger))
  },

  updateTrigger(tx: FileTransaction, id: string, isActive: boolean): TriggerRow {
    const row: TriggerRow = { ...mustGetTrigger(tx, id), is_active: isActive, updated_at: tx.timestamp }
    tx.put('triggers', row)
    return row
  },

  deleteTrigger(tx: FileTransaction, id: string): null {
    const { origin, workflow_id } = mustGetTrigger(tx, id)
    if (origin === 'definition') {
      throw new WorkflowError(
        'DEFINITION_IN_USE',
        `Trigger ${id} belongs to the definition of workflow ${workflow_id}, which would make it again. Switch it off, or take it out of the definition.`,
        { details: { triggerId: id, workflowId: workflow_id } },
      )
    }
    removeTrigger(tx, id)
    return null
  },

  markWorkspaceCleaned(tx: FileTransaction, id: string): null {
    const row = tx.get('workspaces', id)
    if (row === null) throw notFound('workspace', id)
    if (row.status === 'ready') tx.put('workspaces', { ...row, status: 'cleaned', cleaned_at: tx.timestamp })
    return null
  },

  planSchedule(
    tx: FileTransaction,
    { id, seenNextAt, nextAt, runId }: Parameters<DefinitionStore['planSchedule']>[0],
  ): boolean {
    const row = tx.get('schedules', id)
    if (row === null || row.next_at !== seenNextAt) return false
    const started = runId === undefined ? {} : { last_run_id: runId, last_at: seenNextAt ?? tx.timestamp }
    tx.put('schedules', { ...row, next_at: nextAt, updated_at: tx.timestamp, ...started })
    return true
  },
} as const

/**
 * Makes the triggers of a definition those that it names. One that says the same as before stays as it is, with
 * its id and whether it is on; those that people made are not touched.
 */
export function syncTriggers(tx: FileTransaction, workflowId: string, wanted: readonly NewTrigger[]): void {
  const left = tx
    .list('triggers')
    .filter((row) => row.workflow_id === workflowId && row.origin === 'definition')
    .toSorted(byMaking)
  for (const trigger of wanted) {
    const said = saidBy(trigger)
    const same = left.findIndex((row) => isSameTrigger(row, said))
    if (same >= 0) left.splice(same, 1)
    else addTrigger(tx, workflowId, 'definition', said)
  }
  for (const { id } of left) removeTrigger(tx, id)
}

/** Keeps the nodes of a new version in their order. @throws WorkflowError `RECORD_NOT_FOUND`, `RECORD_CONFLICT`. */
export function addNodes(
  tx: FileTransaction,
  { workflowId, versionId }: { readonly workflowId: string; readonly versionId: string },
  nodes: readonly NewNode[],
): void {
  const seen = new Set<string>()
  for (const [index, node] of nodes.entries()) {
    if (seen.has(node.nodeId)) throw sameNode(node.nodeId)
    seen.add(node.nodeId)
    const promptId = node.promptId ?? null
    if (promptId !== null && tx.get('prompt_definitions', promptId) === null)
      throw notFound('prompt version', promptId)
    tx.put('workflow_nodes', {
      id: randomUUID(),
      workflow_id: workflowId,
      version_id: versionId,
      node_id: node.nodeId,
      step_order: index + 1,
      name: columnText(node.name),
      step_type: stepTypeOf(node.stepType ?? 'prompt'),
      prompt_id: promptId,
      step_config: jsonOrNull(node.stepConfig),
      condition_rules: jsonOrNull(node.conditionRules),
      delay_minutes: node.delayMinutes ?? 0,
    })
  }
}

/** Removes a trigger and its schedule. */
export function removeTrigger(tx: FileTransaction, id: string): void {
  for (const schedule of tx.list('schedules'))
    if (schedule.trigger_id === id) tx.remove('schedules', schedule.id)
  tx.remove('triggers', id)
}

/** Adds a trigger, and the schedule of a cron trigger. */
function addTrigger(
  tx: FileTransaction,
  workflowId: string,
  origin: TriggerRow['origin'],
  said: SaidByTrigger,
): TriggerRow {
  const times = { created_at: tx.timestamp, updated_at: tx.timestamp }
  const row: TriggerRow = {
    id: randomUUID(),
    workflow_id: workflowId,
    origin,
    is_active: true,
    ...said,
    ...times,
  }
  tx.put('triggers', row)
  if (said.kind === 'cron') {
    const nothing = { next_at: null, last_at: null, last_run_id: null }
    tx.put('schedules', {
      id: randomUUID(),
      trigger_id: row.id,
      workflow_id: workflowId,
      ...nothing,
      ...times,
    })
  }
  return row
}

function mustGetTrigger(tx: FileTransaction, id: string): TriggerRow {
  const row = tx.get('triggers', id)
  if (row === null) throw notFound('trigger', id)
  return row
}

function jsonOrNull(value: NewNode['stepConfig']): string | null {
  return value === undefined || value === null ? null : jsonText(value)
}
