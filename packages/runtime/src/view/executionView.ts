import type {
  ApprovalRow,
  IWorkflowStore,
  MessageRow,
  WorkflowArtifactRow,
  WorkflowCommentRow,
  WorkflowRunRow,
  WorkflowStepRow,
} from '@holdfast/store/contract'
import { ownersOf, type RunOwner } from './ownerOf.ts'
import type { FileStat } from '@holdfast/workflow-sdk/journal'

/** A run with everything below it, as REST, `run --json` and `runs show --json` print it (contracts §7). */
export interface ExecutionView extends WorkflowRunRow {
  /** The most recently started unfinished step; at the end the last one. */
  readonly current_step: WorkflowStepRow | null
  /** Who executes it at the moment; null where nobody has to: not started, waiting, paused, over. */
  readonly owner: RunOwner | null
  /** By step number. */
  readonly steps: readonly WorkflowStepRow[]
  readonly comments: readonly WorkflowCommentRow[]
  readonly artifacts: readonly WorkflowArtifactRow[]
  /** Questions of the run, open ones first. */
  readonly approvals: readonly ApprovalRow[]
  /** The conversation of the run, in order. */
  readonly messages: readonly MessageRow[]
  readonly git: {
    readonly repo: string | null
    readonly branch: string | null
    readonly initial_commit: string | null
    readonly final_commit: string | null
    readonly added: number
    readonly removed: number
    readonly files: readonly FileStat[]
    readonly pr_url: string | null
  }
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly cached_read_tokens: number
    readonly cached_write_tokens: number
    readonly total_tokens: number
    /** US dollars; null when unknown. */
    readonly cost_usd: number | null
  }
  readonly workspace: {
    readonly id: string | null
    readonly path: string | null
    readonly kind: 'project' | 'worktree' | 'temporary' | null
    readonly persistent: boolean
    readonly cleaned_up: boolean
  }
}

/**
 * The whole document of a run.
 * @param now Milliseconds since 1970, for what is told about its worker.
 * @throws WorkflowError `RUN_NOT_FOUND`.
 */
export async function executionView(
  store: IWorkflowStore,
  runId: string,
  now = Date.now(),
): Promise<ExecutionView> {
  const run = await store.getWorkflowRun(runId)
  const [owners, steps, comments, artifacts, approvals, messages, workspace] = await Promise.all([
    ownersOf(store, [run], now),
    store.listWorkflowSteps(runId),
    store.listComments(runId),
    store.listArtifacts(runId),
    store.listApprovals({ runId }),
    store.listMessages({ runId }),
    run.workspace_id === null ? null : store.getWorkspace(run.workspace_id),
  ])
  return {
    ...run,
    current_step: steps.find((step) => step.id === run.current_workflow_step_id) ?? null,
    owner: owners.get(runId) ?? null,
    steps,
    comments,
    artifacts,
    approvals,
    messages,
    git: gitOf(run),
    usage: {
      input_tokens: run.input_tokens,
      output_tokens: run.output_tokens,
      cached_read_tokens: run.cached_read_tokens,
      cached_write_tokens: run.cached_write_tokens,
      total_tokens: run.total_tokens,
      cost_usd: run.cost_estimate,
    },
    workspace: {
      id: run.workspace_id,
      path: run.workspace_path,
      kind: workspace?.kind ?? null,
      persistent: run.workspace_persistent,
      cleaned_up: run.workspace_cleaned_up || workspace?.status === 'cleaned',
    },
  }
}

function gitOf(run: WorkflowRunRow): ExecutionView['git'] {
  const stats = run.git_diff_stats as { readonly files?: readonly FileStat[] } | null
  return {
    repo: run.git_repo,
    branch: run.git_branch,
    initial_commit: run.initial_commit_hash,
    final_commit: run.final_commit_hash,
    added: run.git_diff_added_lines,
    removed: run.git_diff_removed_lines,
    files: stats?.files ?? [],
    pr_url: run.pr_url,
  }
}
