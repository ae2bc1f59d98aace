import type { Json } from '@holdfast/workflow-sdk/journal'
import type {
  AgentSessionRow,
  ApprovalRow,
  CheckpointRow,
  LlmUsageRow,
  MessageRow,
  PromptRow,
  TriggerRow,
  WorkflowArtifactRow,
  WorkflowCommentRow,
  WorkflowDefinitionRow,
  WorkflowLogRow,
  WorkflowNodeRow,
  WorkflowRunRow,
  WorkflowStepRow,
  WorkflowVersionRow,
  WorkspaceRow,
} from '../contract/index.ts'
import { heldWait } from '../queue/heldWait.ts'

/** Rows that the contract answers, by table. */
interface Rows {
  workflow_runs: WorkflowRunRow
  workflow_steps: WorkflowStepRow
  workflow_logs: WorkflowLogRow
  workflow_comments: WorkflowCommentRow
  workflow_artifacts: WorkflowArtifactRow
  agent_sessions: AgentSessionRow
  llm_usage: LlmUsageRow
  messages: MessageRow
  approvals: ApprovalRow
  workspaces: WorkspaceRow
  checkpoints: CheckpointRow
  workflow_definitions: WorkflowDefinitionRow
  workflow_versions: WorkflowVersionRow
  workflow_nodes: WorkflowNodeRow
  triggers: TriggerRow
  prompt_definitions: PromptRow
}

/** What differs between a row as SQL gives it and as the contract answers it. */
interface Shape {
  readonly json?: readonly string[]
  readonly flags?: readonly string[]
  /** Columns that are ours alone. */
  readonly internal?: readonly string[]
  /** Columns whose value may lie in `{column}_blob`. */
  readonly stored?: readonly string[]
}

const SHAPES: Readonly<Record<keyof Rows, Shape>> = {
  workflow_runs: {
    json: ['error', 'state', 'git_diff_stats', 'metadata', 'waiting_for'],
    flags: ['workspace_persistent', 'workspace_cleaned_up'],
    internal: [
      'last_sequence',
      'last_step_number',
      'owner_token',
      'due_at',
      'left_because',
      'last_append_id',
      'last_append_first',
      'last_append_last',
      'queue_rank',
      'input_hash',
      'held_by',
      'held_at',
    ],
    stored: ['input', 'output'],
  },
  workflow_steps: {
    json: ['input', 'error'],
    internal: ['logged_attempt', 'attempt_tokens', 'attempt_cost'],
    stored: ['output'],
  },
  workflow_logs: { json: ['data'] },
  workflow_comments: { json: ['metadata'] },
  workflow_artifacts: { json: ['metadata'] },
  agent_sessions: { json: ['error', 'reserved'], flags: ['resumed'] },
  llm_usage: {},
  messages: {},
  approvals: {
    json: ['answer', 'answer_schema', 'choices', 'bound_to'],
    flags: ['approved'],
    internal: ['answered_sequence'],
  },
  workspaces: { flags: ['persistent'] },
  checkpoints: { flags: ['exact'] },
  workflow_definitions: { json: ['config'], flags: ['is_active'] },
  workflow_versions: { json: ['config'] },
  workflow_nodes: { json: ['step_config', 'condition_rules'] },
  triggers: { flags: ['is_active'] },
  prompt_definitions: { json: ['generation_config', 'template_variables', 'output_schema'] },
}

/** Hashes of the blobs in which values of these rows lie. */
export function blobsOf(table: keyof Rows, rows: readonly object[]): string[] {
  const { stored = [] } = SHAPES[table]
  return rows.flatMap((row) =>
    stored
      .map((column) => (row as Readonly<Record<string, unknown>>)[`${column}_blob`])
      .filter((blob) => typeof blob === 'string')
      .map((blob) => (JSON.parse(blob) as { readonly hash: string }).hash),
  )
}

/**
 * A row of a table as the contract answers it. A value that lies in a blob stays a reference,
 * `{ "blob": { "hash", "bytes" } }`, unless `blobs` has its text under its hash.
 */
export function decodeRow<T extends keyof Rows>(
  table: T,
  row: object,
  blobs?: ReadonlyMap<string, string>,
): Rows[T] {
  const { json = [], flags = [], internal = [], stored = [] } = SHAPES[table]
  const decoded: Record<string, unknown> = { ...row }
  for (const column of json) decoded[column] = parse(decoded[column])
  for (const column of flags) decoded[column] = flag(decoded[column])
  for (const column of stored) {
    decoded[column] = storedValue(decoded[column], decoded[`${column}_blob`], blobs)
    delete decoded[`${column}_blob`]
  }
  if (table === 'workflow_runs') decoded['waiting_for'] = heldWait(decoded) ?? decoded['waiting_for']
  for (const column of internal) delete decoded[column]
  return decoded as unknown as Rows[T]
}

/** The value of two columns; null where nothing is stored. */
export function storedValue(json: unknown, blob: unknown, blobs?: ReadonlyMap<string, string>): Json {
  if (typeof blob !== 'string') return parse(json)
  const reference = JSON.parse(blob) as { readonly hash: string; readonly bytes: number }
  const text = blobs?.get(reference.hash)
  return text === undefined ? { blob: { ...reference } } : (JSON.parse(text) as Json)
}

function parse(text: unknown): Json {
  return typeof text === 'string' ? (JSON.parse(text) as Json) : null
}

function flag(value: unknown): boolean | null {
  return value === null || value === undefined ? null : value === 1 || value === true
}

/** Orders rows whose ids are `{runId}.{sequence}.{index}` as their events came. */
export function bySequence(a: { readonly id: string }, b: { readonly id: string }): number {
  const [left, right] = [place(a.id), place(b.id)]
  return left.sequence - right.sequence || left.index - right.index
}

function place(id: string): { readonly sequence: number; readonly index: number } {
  const [, sequence = '0', index = '0'] = id.split('.')
  return { sequence: Number(sequence), index: Number(index) }
}
