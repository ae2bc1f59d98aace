import { STEP_STATUSES, WAIT_REASONS, WORKFLOW_STATUSES, type ErrorRecord } from '@holdfast/workflow-sdk'
import { z } from 'zod'
import { json, list, time } from './common.ts'
import { agentSession, approval, artifact, comment, message } from './records.ts'

const errorRecord = z.looseObject({
  name: z.string(),
  message: z.string(),
}) as unknown as z.ZodType<ErrorRecord>

const waitingFor = z.object({
  reason: z.enum(WAIT_REASONS),
  since: time,
  until: time.nullable(),
  detail: z.string(),
  others: list(z.enum(WAIT_REASONS)).optional(),
})

/** A step of a run. */
export const step = z
  .object({
    id: z.string(),
    run_id: z.string(),
    step_key: z.string(),
    step_number: z.number().int(),
    parent_step_id: z.string().nullable(),
    name: z.string(),
    kind: z.string(),
    status: z.enum(STEP_STATUSES),
    started_at: time.nullable(),
    completed_at: time.nullable(),
    duration_ms: z.number().nullable(),
    input: json,
    output: json,
    error: errorRecord.nullable(),
    attempt_number: z.number().int(),
    max_attempts: z.number().int(),
    log_file_path: z.string().nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Step' })

/** The row of a run. */
const run = z.object({
  id: z.string(),
  run_id: z.string(),
  project_id: z.string(),
  workflow_id: z.string(),
  workflow_name: z.string(),
  workflow_version: z.number().int(),
  status: z.enum(WORKFLOW_STATUSES),
  current_workflow_step_id: z.string().nullable(),
  started_at: time.nullable(),
  completed_at: time.nullable(),
  created_at: time,
  updated_at: time,
  duration_ms: z.number().nullable(),
  duration_seconds: z.number().nullable(),
  active_ms: z.number(),
  input: json,
  task_input: z.string(),
  user_message: z.string(),
  output: json,
  result: z.string().nullable(),
  error: errorRecord.nullable(),
  error_message: z.string().nullable(),
  state: z.record(z.string(), json),
  log_file_path: z.string().nullable(),
  pr_url: z.string().nullable(),
  agent_type: z.string().nullable(),
  ai_model: z.string().nullable(),
  session_id: z.string().nullable(),
  session_name: z.string().nullable(),
  user_id: z.string().nullable(),
  git_repo: z.string().nullable(),
  git_branch: z.string().nullable(),
  branch_name: z.string().nullable(),
  initial_commit_hash: z.string().nullable(),
  final_commit_hash: z.string().nullable(),
  commit_sha: z.string().nullable(),
  git_diff_added_lines: z.number().int(),
  git_diff_removed_lines: z.number().int(),
  git_diff_files_changed: z.number().int(),
  git_diff_stats: json,
  workspace_id: z.string().nullable(),
  workspace_path: z.string().nullable(),
  workspace_persistent: z.boolean(),
  workspace_cleaned_up: z.boolean(),
  cost_estimate: z.number().nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  total_tokens: z.number().int(),
  cached_read_tokens: z.number().int(),
  cached_write_tokens: z.number().int(),
  metadata: json,
  triggering_object_id: z.string().nullable(),
  parent_run_id: z.string().nullable(),
  parent_key: z.string().nullable(),
  previous_run_id: z.string().nullable(),
  forked_from: z.string().nullable(),
  waiting_for: waitingFor.nullable(),
  deadline_at: time.nullable(),
  timeout_ms: z.number(),
  priority: z.number().int(),
  idempotency_key: z.string().nullable(),
  worker_id: z.string().nullable(),
  host_id: z.string().nullable(),
})

/** A run in a list. */
export const executionSummary = run.extend({ current_step: step.nullable() }).meta({ id: 'ExecutionSummary' })

/** Who executes a run at the moment. */
const owner = z.object({
  state: z.enum(['working', 'silent', 'gone', 'none']),
  worker_id: z.string().nullable(),
  host_id: z.string().nullable(),
  pid: z.number().nullable(),
  renewed_at: time.nullable(),
  detail: z.string(),
})

const fileStat = z.object({
  path: z.string(),
  added: z.number().nullable(),
  removed: z.number().nullable(),
  binary: z.boolean(),
  renamedFrom: z.string().nullable(),
})

/** What calls of models used together; those without a known price are counted apart. */
const usageTotal = z.object({
  calls: z.number().int(),
  total_tokens: z.number(),
  cost_usd: z.number().nullable(),
  cost_unknown_calls: z.number().int(),
})

/** A step within its run, with what its calls used; null when it made none. */
const usedStep = step.extend({ usage: usageTotal.nullable() }).meta({ id: 'ExecutionStep' })

/** A run with everything below it. */
export const execution = run
  .extend({
    current_step: usedStep.nullable(),
    owner: owner.nullable(),
    steps: list(usedStep),
    comments: list(comment),
    artifacts: list(artifact),
    approvals: list(approval),
    messages: list(message),
    agent_sessions: list(agentSession),
    git: z.object({
      repo: z.string().nullable(),
      branch: z.string().nullable(),
      initial_commit: z.string().nullable(),
      final_commit: z.string().nullable(),
      added: z.number(),
      removed: z.number(),
      files: list(fileStat),
      pr_url: z.string().nullable(),
    }),
    usage: z.object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      cached_read_tokens: z.number(),
      cached_write_tokens: z.number(),
      total_tokens: z.number(),
      cost_usd: z.number().nullable(),
      cost_unknown_calls: z.number().int(),
    }),
    tree: usageTotal.extend({ runs: z.number().int() }),
    workspace: z.object({
      id: z.string().nullable(),
      path: z.string().nullable(),
      kind: z.enum(['project', 'worktree', 'temporary']).nullable(),
      persistent: z.boolean(),
      cleaned_up: z.boolean(),
    }),
  })
  .meta({ id: 'Execution' })

/** {@link execution}. */
export type Execution = z.infer<typeof execution>
