import type {
  ApprovalRow,
  IWorkflowStore,
  MessageRow,
  UsageSum,
  WorkflowArtifactRow,
  WorkflowCommentRow,
  WorkflowRunRow,
  WorkflowStepRow,
} from '@holdfast/store/contract'
import { ownersOf, type RunOwner } from './ownerOf.ts'
import type { FileStat } from '@holdfast/workflow-sdk/journal'

/** What model calls used together. */
export interface UsageTotal {
  readonly calls: number
  readonly total_tokens: number
  /** US dollars of the calls whose price is known; null when none is. */
  readonly cost_usd: number | null
  /** Calls that are missing in it. */
  readonly cost_unknown_calls: number
}

/** A step, and what its calls of models used; null when it made none. */
export type StepView = WorkflowStepRow & { readonly usage: UsageTotal | null }

/** A run with everything below it, as REST, `run --json` and `runs show --json` print it (contracts §7). */
export interface ExecutionView extends WorkflowRunRow {
  /** The most recently started unfinished step; at the end the last one. */
  readonly current_step: StepView | null
  /** Who executes it at the moment; null where nobody has to: not started, waiting, paused, over. */
  readonly owner: RunOwner | null
  /** By step number. */
  readonly steps: readonly StepView[]
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
    /** US dollars of the calls whose price is known; null when none is. */
    readonly cost_usd: number | null
    /** Calls that are missing in it. */
    readonly cost_unknown_calls: number
  }
  /** The run and everything below it. */
  readonly tree: UsageTotal & { readonly runs: number }
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
  const [owners, steps, comments, artifacts, approvals, messages, used, tree, workspace] = await Promise.all([
    ownersOf(store, [run], now),
    store.listWorkflowSteps(runId),
    store.listComments(runId),
    store.listArtifacts(runId),
    store.listApprovals({ runId }),
    store.listMessages({ runId }),
    store.sumLlmUsage({ runId, groupBy: 'step' }),
    store.sumLlmUsage({ rootRunId: runId, groupBy: 'run' }),
    run.workspace_id === null ? null : store.getWorkspace(run.workspace_id),
  ])
  const ofStep = new Map(used.map((sum) => [sum.key, totalOf([sum])]))
  const shown = steps.map((step): StepView => ({ ...step, usage: ofStep.get(step.id) ?? null }))
  return {
    ...run,
    current_step: shown.find((step) => step.id === run.current_workflow_step_id) ?? null,
    owner: owners.get(runId) ?? null,
    steps: shown,
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
      cost_unknown_calls: totalOf(used).cost_unknown_calls,
    },
    tree: { ...totalOf(tree), runs: new Set([runId, ...tree.map(({ key }) => key)]).size },
    workspace: {
      id: run.workspace_id,
      path: run.workspace_path,
      kind: workspace?.kind ?? null,
      persistent: run.workspace_persistent,
      cleaned_up: run.workspace_cleaned_up || workspace?.status === 'cleaned',
    },
  }
}

function totalOf(sums: readonly UsageSum[]): UsageTotal {
  const known = sums.flatMap(({ cost }) => cost ?? [])
  const add = (of: 'calls' | 'total_tokens' | 'cost_unknown_calls'): number =>
    sums.reduce((sum, one) => sum + one[of], 0)
  return {
    calls: add('calls'),
    total_tokens: add('total_tokens'),
    cost_usd: known.length === 0 ? null : Math.round(known.reduce((a, b) => a + b) * 1e6) / 1e6,
    cost_unknown_calls: add('cost_unknown_calls'),
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
