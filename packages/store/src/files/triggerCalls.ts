import type { DefinitionStore, WorkflowNodeRow } from '../contract/index.ts'
import { compareText } from '../lists/pageOfRows.ts'
import { decodeRow } from '../sql/decode.ts'
import { notFound } from '../sql/notFound.ts'
import { readVersion } from './definitionOperations.ts'
import type { Member } from './Member.ts'
import { byMaking } from './orders.ts'
import type { NodeRecord } from './Records.ts'

type TriggerCalls = Pick<
  DefinitionStore,
  | 'listWorkflowNodes'
  | 'getWorkflowNode'
  | 'createTrigger'
  | 'getTrigger'
  | 'listTriggers'
  | 'updateTrigger'
  | 'deleteTrigger'
  | 'markWorkspaceCleaned'
  | 'listSchedules'
  | 'planSchedule'
>

/** The calls about nodes, triggers and schedules on files. */
export function triggerCalls(member: Member): TriggerCalls {
  const { records, layout } = member
  const isOn = (workflowId: string): boolean =>
    records.get('workflow_definitions', workflowId)?.is_active === true
  return {
    listWorkflowNodes: async ({ workflowId, version }) =>
      await member.read(() => {
        const wanted = version ?? records.get('workflow_definitions', workflowId)?.version
        const found = wanted === undefined ? null : readVersion(layout, workflowId, wanted)
        if (found === null) {
          throw notFound(
            'workflow version',
            version === undefined ? workflowId : `${workflowId} version ${version}`,
          )
        }
        return records
          .list('workflow_nodes')
          .filter((row) => row.version_id === found.id)
          .toSorted((a, b) => a.step_order - b.step_order)
          .map(nodeRow)
      }),
    getWorkflowNode: async (id) =>
      await member.read(() => {
        const row = records.get('workflow_nodes', id)
        if (row === null) throw notFound('node', id)
        return nodeRow(row)
      }),
    createTrigger: async (workflowId, trigger) =>
      await member.write('createTrigger', null, workflowId, trigger),
    getTrigger: async (id) =>
      await member.read(() => {
        const row = records.get('triggers', id)
        if (row === null) throw notFound('trigger', id)
        return row
      }),
    listTriggers: async ({ projectId, workflowId, kind, event, isActive }) =>
      await member.read(() =>
        records
          .list('triggers')
          .filter(
            (row) =>
              (projectId === undefined ||
                records.get('workflow_definitions', row.workflow_id)?.project_id === projectId) &&
              (workflowId === undefined || row.workflow_id === workflowId) &&
              (kind === undefined || row.kind === kind) &&
              (event === undefined || row.event_name === event) &&
              (isActive === undefined || (row.is_active && isOn(row.workflow_id)) === isActive),
          )
          .toSorted(byMaking),
      ),
    updateTrigger: async (id, { isActive }) => await member.write('updateTrigger', null, id, isActive),
    deleteTrigger: async (id) => {
      await member.write('deleteTrigger', null, id)
    },
    markWorkspaceCleaned: async (id) => {
      await member.write('markWorkspaceCleaned', null, id)
    },
    listSchedules: async ({ workflowId, dueAt }) =>
      await member.read(() =>
        records
          .list('schedules')
          .filter(
            (row) =>
              (workflowId === undefined || row.workflow_id === workflowId) &&
              (dueAt === undefined ||
                ((row.next_at === null || row.next_at <= dueAt) &&
                  records.get('triggers', row.trigger_id)?.is_active === true &&
                  isOn(row.workflow_id))),
          )
          .toSorted((a, b) => compareText(a.next_at ?? '', b.next_at ?? '') || byMaking(a, b)),
      ),
    planSchedule: async (plan) => await member.write('planSchedule', null, plan),
  }
}

/** A node as the contract answers it. */
export function nodeRow(record: NodeRecord): WorkflowNodeRow {
  return decodeRow('workflow_nodes', record)
}
