import { randomUUID } from 'node:crypto'
import type { Json } from '@holdfast/workflow-sdk/journal'
import type { DefinitionStore, NewNode, WorkflowNodeRow } from '../contract/index.ts'
import { sameNode } from '../payload/sameNode.ts'
import { stepTypeOf } from '../payload/stepType.ts'
import { columnText } from '../payload/text.ts'
import { jsonText } from '../projection/rows.ts'
import { decodeRow } from './decode.ts'
import { notFound } from './notFound.ts'
import { all, first, run, type Script } from './Script.ts'
import { insert, sql } from './statement.ts'

/** Keeps the nodes of a new version in their order. @throws WorkflowError `RECORD_NOT_FOUND`, `RECORD_CONFLICT`. */
export function* addNodes(
  { workflowId, versionId }: { readonly workflowId: string; readonly versionId: string },
  nodes: readonly NewNode[],
): Script<void> {
  const seen = new Set<string>()
  for (const [index, node] of nodes.entries()) {
    if (seen.has(node.nodeId)) throw sameNode(node.nodeId)
    seen.add(node.nodeId)
    const promptId = node.promptId ?? null
    if (promptId !== null) {
      const prompt = yield* first(sql`select id from prompt_definitions where id = ${promptId}`)
      if (prompt === null) throw notFound('prompt version', promptId)
    }
    yield* run(
      insert('workflow_nodes', {
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
      }),
    )
  }
}

/** Nodes of a version, by default the current one, in their order. @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* listWorkflowNodes({
  workflowId,
  version,
}: Parameters<DefinitionStore['listWorkflowNodes']>[0]): Script<WorkflowNodeRow[]> {
  const wanted = version === undefined ? sql`d.version` : sql`${version}`
  const found = yield* first<{ id: string }>(
    sql`select v.id from workflow_versions as v join workflow_definitions as d on d.id = v.workflow_id
      where d.id = ${workflowId} and v.version = ${wanted}`,
  )
  if (found === null) {
    throw notFound(
      'workflow version',
      version === undefined ? workflowId : `${workflowId} version ${version}`,
    )
  }
  const rows = yield* all<object>(
    sql`select * from workflow_nodes where version_id = ${found.id} order by step_order`,
  )
  return rows.map((row) => decodeRow('workflow_nodes', row))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getWorkflowNode(id: string): Script<WorkflowNodeRow> {
  const row = yield* first<object>(sql`select * from workflow_nodes where id = ${id}`)
  if (row === null) throw notFound('node', id)
  return decodeRow('workflow_nodes', row)
}

function jsonOrNull(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : jsonText(value)
}
