import type { ApprovalKind, BudgetLimit, Json, SharedScope } from '@holdfast/workflow-sdk/journal'
import type { ArtifactType, StepStatus, StorageType, WorkflowStatus } from '@holdfast/workflow-sdk'

/** Text that holds JSON. */
export type JsonText = string

/** Columns of `workflow_runs` that hold a value of their own (generated ones are left out). */
export interface RunColumns {
  id: string
  project_id: string
  workflow_id: string
  workflow_name: string
  workflow_version: number
  status: WorkflowStatus
  current_workflow_step_id: string | null
  started_at: string | null
  completed_at: string | null
  created_at: string
  updated_at: string
  duration_ms: number | null
  active_ms: number
  input: JsonText | null
  input_blob: JsonText | null
  task_input: string
  output: JsonText | null
  output_blob: JsonText | null
  result: string | null
  error: JsonText | null
  error_message: string | null
  state: JsonText
  log_file_path: string | null
  pr_url: string | null
  agent_type: string | null
  ai_model: string | null
  session_id: string | null
  session_name: string | null
  user_id: string | null
  git_repo: string | null
  git_branch: string | null
  initial_commit_hash: string | null
  final_commit_hash: string | null
  git_diff_added_lines: number
  git_diff_removed_lines: number
  git_diff_files_changed: number
  git_diff_stats: JsonText
  workspace_id: string | null
  workspace_path: string | null
  workspace_persistent: boolean
  workspace_cleaned_up: boolean
  cost_estimate: number | null
  input_tokens: number
  output_tokens: number
  total_tokens: number
  cached_read_tokens: number
  cached_write_tokens: number
  metadata: JsonText
  triggering_object_id: string | null
  parent_run_id: string | null
  parent_key: string | null
  previous_run_id: string | null
  /** Run at the top of the tree; that of a run which goes on as another one is the same. */
  root_run_id: string
  forked_from: string | null
  waiting_for: JsonText | null
  deadline_at: string | null
  timeout_ms: number
  /** Sequence of the last event. */
  last_sequence: number
  /** Highest `step_number` given so far. */
  last_step_number: number
  /** Token of the worker that may write; null while nobody owns the run. */
  owner_token: string | null
  worker_id: string | null
  /** When the run may be claimed; null: not by itself. */
  due_at: string | null
  /** Why the run was left, when not by parking. */
  left_because: 'takeover' | 'handover' | null
  last_append_id: string | null
  last_append_first: number | null
  last_append_last: number | null
  /** Higher is claimed first. */
  priority: number
  /** Order of claims: see `rank.ts`. */
  queue_rank: number
  concurrency_key: string | null
  concurrency_limit: number | null
  rate_key: string | null
  rate_limit: number | null
  rate_per_ms: number | null
  idempotency_key: string | null
  input_hash: string | null
  singleton_key: string | null
  debounce_key: string | null
  /** Where the workspace lies: only workers of this host or group claim the run; null: any. */
  host_id: string | null
  /** What keeps the run from being claimed; with a due time it may be claimed then. */
  held_by: HeldBy | null
  held_at: string | null
}

/** Limits that hold runs back, named as the reasons that are shown (P3): a concurrency key, a start rate. */
export type Limit = 'concurrency' | 'quota'
/** What keeps a run from being claimed: a limit, or the time at which it is to begin. */
export type HeldBy = Limit | 'timer'

/** Columns of `workflow_steps`. */
export interface StepColumns {
  id: string
  run_id: string
  step_key: string
  step_number: number
  parent_step_id: string | null
  name: string
  kind: string
  status: StepStatus
  started_at: string | null
  completed_at: string | null
  duration_ms: number | null
  input: JsonText | null
  output: JsonText | null
  output_blob: JsonText | null
  error: JsonText | null
  attempt_number: number
  max_attempts: number
  log_file_path: string | null
  created_at: string
  updated_at: string
  /** Last attempt that has its row in `execution_logs`; 0: none. */
  logged_attempt: number
  /** Tokens of the running attempt; null: no model was called. */
  attempt_tokens: number | null
  /** Their price; null: none or unknown. */
  attempt_cost: number | null
}

/** Columns of `execution_logs`. */
export interface ExecutionLogColumns {
  id: string
  workflow_id: string
  run_id: string
  step_id: string | null
  node_id: string | null
  attempt_number: number
  triggering_object_id: string | null
  parent_execution_log_id: string | null
  status: 'SUCCESS' | 'FAILURE' | 'SKIPPED' | 'CANCELLED'
  /** Null where it equals the step's input. */
  input_context: JsonText | null
  /** Null where it equals the step's output. */
  raw_output: JsonText | null
  /** Null where it equals the step's output. */
  parsed_output: JsonText | null
  error_message: string | null
  duration_ms: number | null
  token_usage: number | null
  cost: number | null
  executed_at: string
}

/** Columns of `workflow_comments`. */
export interface CommentColumns {
  id: string
  run_id: string
  step_id: string | null
  message: string
  metadata: JsonText
  created_at: string
}

/** Columns of `workflow_artifacts`. */
export interface ArtifactColumns {
  id: string
  run_id: string
  step_id: string | null
  agent_session_id: string | null
  name: string
  type: ArtifactType
  storage_path: string
  storage_type: StorageType
  mime_type: string
  size_bytes: number
  metadata: JsonText
  created_at: string
}

/** Columns of `agent_sessions`. */
export interface AgentSessionColumns {
  id: string
  run_id: string
  workflow_step_id: string
  attempt_number: number
  name: string
  agent: string
  cli_session_id: string | null
  model: string | null
  status: 'running' | 'completed' | 'failed'
  session_file_path: string
  resumed: boolean
  stop_reason: string | null
  error: JsonText | null
  started_at: string
  completed_at: string | null
  /** What it holds back from shared budgets while it works. */
  reserved: JsonText | null
}

/** Columns of `budget_grants`. */
export interface BudgetGrantColumns {
  id: string
  run_id: string
  scope: SharedScope
  scope_id: string
  limit_name: BudgetLimit
  /** By how much it is raised, in millionths; null: the limit holds no more. */
  millionths: number | null
  granted_by: string | null
  created_at: string
}

/** Columns of `provider_limits`. */
export interface ProviderLimitColumns {
  id: string
  run_id: string
  provider: string
  account: string | null
  model: string | null
  /** Null: a person let calls be tried again. */
  reset_at: string | null
  released_by: string | null
  created_at: string
}

/** Columns of `llm_usage`. */
export interface UsageColumns {
  id: string
  run_id: string
  step_id: string | null
  agent_session_id: string | null
  call_id: string | null
  provider: string
  model: string
  input_tokens: number
  output_tokens: number
  cached_read_tokens: number
  cached_write_tokens: number
  reasoning_tokens: number
  total_tokens: number
  cost: number | null
  price_source: string | null
  latency_ms: number | null
  created_at: string
}

/** Columns of `messages`. */
export interface MessageColumns {
  id: string
  session_id: string | null
  run_id: string | null
  step_id: string | null
  role: 'user' | 'assistant'
  author: string | null
  text_content: string
  message_type: 'workflow_start' | 'intervention' | 'answer' | 'note'
  delivery_state: 'queued' | 'delivered' | 'answered'
  created_at: string
  delivered_at: string | null
  answered_at: string | null
}

/** Columns of `approvals`. */
export interface ApprovalColumns {
  id: string
  run_id: string
  approval_key: string
  step_id: string | null
  kind: ApprovalKind
  name: string
  title: string
  body: string
  revision: number
  status: 'open' | 'answered' | 'withdrawn'
  approved: boolean | null
  answer: JsonText | null
  answer_schema: JsonText | null
  choices: JsonText
  comment: string | null
  answered_by: string | null
  until: string | null
  created_at: string
  answered_at: string | null
  bound_to: JsonText | null
  /** Sequence of the `approval.answered` that counts. */
  answered_sequence: number | null
}

/** Columns of `workspaces`. */
export interface WorkspaceColumns {
  id: string
  project_id: string
  host_id: string
  kind: 'project' | 'worktree' | 'temporary'
  path: string
  branch: string | null
  persistent: boolean
  status: 'ready' | 'cleaned'
  last_commit: string | null
  created_at: string
  cleaned_at: string | null
}

/** Columns of `checkpoints`. */
export interface CheckpointColumns {
  id: string
  run_id: string
  step_id: string | null
  taken_when: 'before' | 'after'
  tree_id: string
  commit_hash: string
  ref: string
  exact: boolean
  created_at: string
}

/** The tables that a run's events fill, beside `workflow_runs` and `workflow_events`. */
export interface ChildTables {
  workflow_steps: StepColumns
  execution_logs: ExecutionLogColumns
  workflow_comments: CommentColumns
  workflow_artifacts: ArtifactColumns
  agent_sessions: AgentSessionColumns
  llm_usage: UsageColumns
  messages: MessageColumns
  approvals: ApprovalColumns
  workspaces: WorkspaceColumns
  checkpoints: CheckpointColumns
  budget_grants: BudgetGrantColumns
  provider_limits: ProviderLimitColumns
}
/** Name of one of them. */
export type ChildTable = keyof ChildTables

/** JSON text of a value. */
export function jsonText(value: Json | object): JsonText {
  return JSON.stringify(value)
}
