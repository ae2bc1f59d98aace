import type { ApprovalKind, ErrorRecord, Json, ShownTree } from './vocabulary.ts'
import type {
  ArtifactType,
  StepStatus,
  StorageType,
  WaitingFor,
  WorkflowStatus,
} from '@holdfast/workflow-sdk'

/**
 * Rows as the store answers them: field names are column names, JSON columns are parsed, times are
 * ISO 8601 UTC with milliseconds, booleans are booleans, money is a number of US dollars.
 */
export interface ProjectRow {
  readonly id: string
  readonly name: string
  /** Absolute path of the root. */
  readonly path: string
  readonly created_at: string
  readonly updated_at: string
}

/** A run with everything that is known of it. */
export interface WorkflowRunRow {
  readonly id: string
  readonly run_id: string
  readonly project_id: string
  readonly workflow_id: string
  readonly workflow_name: string
  readonly workflow_version: number
  readonly status: WorkflowStatus
  readonly current_workflow_step_id: string | null
  readonly started_at: string | null
  readonly completed_at: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly duration_ms: number | null
  readonly duration_seconds: number | null
  readonly active_ms: number
  readonly input: Json
  readonly task_input: string
  readonly user_message: string
  readonly output: Json
  readonly result: string | null
  readonly error: ErrorRecord | null
  readonly error_message: string | null
  /** State at the last delivered change. */
  readonly state: Readonly<Record<string, Json>>
  readonly log_file_path: string | null
  readonly pr_url: string | null
  readonly agent_type: string | null
  readonly ai_model: string | null
  readonly session_id: string | null
  readonly session_name: string | null
  readonly user_id: string | null
  readonly git_repo: string | null
  readonly git_branch: string | null
  readonly branch_name: string | null
  readonly initial_commit_hash: string | null
  readonly final_commit_hash: string | null
  readonly commit_sha: string | null
  readonly git_diff_added_lines: number
  readonly git_diff_removed_lines: number
  readonly git_diff_files_changed: number
  readonly git_diff_stats: Json
  readonly workspace_id: string | null
  readonly workspace_path: string | null
  readonly workspace_persistent: boolean
  readonly workspace_cleaned_up: boolean
  readonly cost_estimate: number | null
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cached_read_tokens: number
  readonly cached_write_tokens: number
  readonly metadata: Json
  readonly triggering_object_id: string | null
  readonly parent_run_id: string | null
  readonly parent_key: string | null
  readonly previous_run_id: string | null
  /** Run at the top of the tree that this one belongs to. */
  readonly root_run_id: string
  /** The run that this one was forked from. */
  readonly forked_from: string | null
  readonly waiting_for: WaitingFor | null
  readonly deadline_at: string | null
  readonly timeout_ms: number
  /** Higher is claimed first. */
  readonly priority: number
  readonly concurrency_key: string | null
  readonly concurrency_limit: number | null
  readonly rate_key: string | null
  readonly rate_limit: number | null
  readonly rate_per_ms: number | null
  readonly idempotency_key: string | null
  readonly singleton_key: string | null
  readonly debounce_key: string | null
  /** The worker that holds the run now; null: none. Its row may be gone, and its process: that is for whoever looks to find out. */
  readonly worker_id: string | null
  /** Where the workspace lies: only workers of this host or group claim the run; null: any. */
  readonly host_id: string | null
}

/** A step of a run. */
export interface WorkflowStepRow {
  readonly id: string
  readonly run_id: string
  /** Path of the step (R1); unique in the run. */
  readonly step_key: string
  readonly step_number: number
  readonly parent_step_id: string | null
  readonly name: string
  readonly kind: string
  readonly status: StepStatus
  readonly started_at: string | null
  readonly completed_at: string | null
  readonly duration_ms: number | null
  readonly input: Json
  readonly output: Json
  readonly error: ErrorRecord | null
  readonly attempt_number: number
  readonly max_attempts: number
  readonly log_file_path: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** One attempt of a step. */
export interface ExecutionLogRow {
  readonly id: string
  readonly workflow_id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly node_id: string | null
  readonly attempt_number: number
  readonly triggering_object_id: string | null
  readonly parent_execution_log_id: string | null
  readonly status: 'SUCCESS' | 'FAILURE' | 'SKIPPED' | 'CANCELLED'
  readonly input_context: Json
  readonly raw_output: Json
  readonly parsed_output: Json
  readonly error_message: string | null
  readonly duration_ms: number | null
  readonly token_usage: number | null
  readonly cost: number | null
  readonly executed_at: string
}

/** A log line. `sequence` counts per step, or per run where there is no step. */
export interface WorkflowLogRow {
  readonly id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly sequence: number
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  readonly message: string
  readonly data: Json
  readonly timestamp: string
}

/** A remark of an author or person. */
export interface WorkflowCommentRow {
  readonly id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly message: string
  readonly metadata: Json
  readonly created_at: string
}

/** A stored file. */
export interface WorkflowArtifactRow {
  readonly id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly agent_session_id: string | null
  readonly name: string
  readonly type: ArtifactType
  readonly storage_path: string
  readonly storage_type: StorageType
  readonly mime_type: string
  readonly size_bytes: number
  readonly metadata: Json
  readonly created_at: string
}

/** A conversation of an agent inside a step. */
export interface AgentSessionRow {
  readonly id: string
  readonly run_id: string
  readonly workflow_step_id: string
  readonly attempt_number: number
  readonly name: string
  readonly agent: string
  /** The CLI's own id. */
  readonly cli_session_id: string | null
  readonly model: string | null
  readonly status: 'running' | 'completed' | 'failed'
  readonly session_file_path: string
  readonly resumed: boolean
  readonly stop_reason: string | null
  readonly error: ErrorRecord | null
  readonly started_at: string
  readonly completed_at: string | null
  /** What it holds back from budgets that its run shares, while it works. */
  readonly reserved: Json
}

/** What one model call used. */
export interface LlmUsageRow {
  readonly id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly agent_session_id: string | null
  readonly call_id: string | null
  readonly provider: string
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cached_read_tokens: number
  readonly cached_write_tokens: number
  readonly reasoning_tokens: number
  readonly total_tokens: number
  readonly cost: number | null
  readonly price_source: string | null
  readonly latency_ms: number | null
  readonly created_at: string
}

/** A chat thread; unique by project and name. */
export interface SessionRow {
  readonly id: string
  readonly project_id: string
  readonly agent_name: string | null
  readonly name: string
  readonly created_at: string
}

/** One message of a chat thread. */
export interface MessageRow {
  readonly id: string
  readonly session_id: string | null
  readonly run_id: string | null
  /** Of an agent, or that a person wrote to or whose agent has the message. */
  readonly step_id: string | null
  readonly role: 'user' | 'assistant'
  /** A person, or the name of an agent; null: not known. */
  readonly author: string | null
  readonly text_content: string
  readonly message_type: 'workflow_start' | 'intervention' | 'answer' | 'note'
  readonly delivery_state: 'queued' | 'delivered' | 'answered'
  readonly created_at: string
  readonly delivered_at: string | null
  /** When the turn ended in which the agent had it. */
  readonly answered_at: string | null
}

/** An open or answered question, of an author or of the engine. */
export interface ApprovalRow {
  readonly id: string
  readonly run_id: string
  /** Key of the call or question in the journal. */
  readonly approval_key: string
  readonly step_id: string | null
  readonly kind: ApprovalKind
  readonly name: string
  readonly title: string
  readonly body: string
  readonly revision: number
  readonly status: 'open' | 'answered' | 'withdrawn'
  readonly approved: boolean | null
  readonly answer: Json
  readonly answer_schema: Json
  readonly choices: readonly string[]
  readonly comment: string | null
  readonly answered_by: string | null
  readonly until: string | null
  readonly created_at: string
  readonly answered_at: string | null
  /** The files that its present revision shows and a yes is about; null where it holds whatever becomes of them. */
  readonly bound_to: ShownTree | null
}

/** A folder that runs work in. */
export interface WorkspaceRow {
  readonly id: string
  readonly project_id: string
  readonly host_id: string
  readonly kind: 'project' | 'worktree' | 'temporary'
  readonly path: string
  readonly branch: string | null
  readonly persistent: boolean
  readonly status: 'ready' | 'cleaned'
  readonly last_commit: string | null
  readonly created_at: string
  readonly cleaned_at: string | null
}

/** A kept tree of a workspace (W4). */
export interface CheckpointRow {
  readonly id: string
  readonly run_id: string
  readonly step_id: string | null
  readonly taken_when: 'before' | 'after'
  readonly tree_id: string
  readonly commit_hash: string
  readonly ref: string
  readonly exact: boolean
  readonly created_at: string
}

/** A worker process (W1). */
export interface WorkerRow {
  readonly id: string
  readonly host_id: string
  readonly boot_id: string
  readonly pid_namespace: string
  readonly pid: number
  /** Start time of the process as the kernel gives it. */
  readonly process_started_at: string | null
  readonly started_at: string
  readonly renewed_at: string
  readonly concurrency: number
  /** Hosts that share the disk of their workspaces give the same name here; null: this one shares with nobody. */
  readonly workspace_group: string | null
}
