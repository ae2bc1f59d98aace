import { isDeepStrictEqual } from 'node:util'
import type { IWorkflowStore, WorkflowRunRow, WorkflowStepRow } from '@holdfast/store/contract'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { FileStat } from '@holdfast/workflow-sdk/journal'
import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'

/** A run as one side of a comparison. */
export interface ComparedRun {
  readonly id: string
  readonly workflow_name: string
  readonly workflow_version: number
  readonly status: WorkflowRunRow['status']
  readonly forked_from: string | null
  readonly output: WorkflowRunRow['output']
  /** US dollars that this run spent itself; null when unknown. */
  readonly cost_usd: number | null
  readonly total_tokens: number
  readonly duration_ms: number | null
}

/** A step on one side. */
export interface ComparedStep {
  readonly status: WorkflowStepRow['status']
  readonly attempt_number: number
  readonly duration_ms: number | null
  readonly output: WorkflowStepRow['output']
  /** Taken over from the run that this one was forked from, not run here. */
  readonly taken_over: boolean
}

/** Two runs side by side, as `compare --json` prints them. */
export interface RunComparison {
  readonly runs: readonly [ComparedRun, ComparedRun]
  readonly same_output: boolean
  /** By key, in the order of the first run; what only the second has follows. */
  readonly steps: readonly {
    readonly key: string
    readonly name: string
    readonly left: ComparedStep | null
    readonly right: ComparedStep | null
    /** Whether both have it with the same status and output. */
    readonly same: boolean
  }[]
  /** From the last files of the first run to those of the second; null where they are not kept any more. */
  readonly files: {
    readonly from: string
    readonly to: string
    readonly added: number
    readonly removed: number
    readonly files: readonly FileStat[]
    readonly patch: string
  } | null
}

/**
 * Compares steps, outputs, files, cost and duration of two runs of a project.
 * @param projectPath Absolute; its repository has the trees that were kept.
 * @throws WorkflowError `RUN_NOT_FOUND`.
 */
export async function compareRuns(
  parts: { readonly store: IWorkflowStore; readonly workspace: WorkspacePort; readonly projectPath: string },
  leftId: string,
  rightId: string,
): Promise<RunComparison> {
  const [left, right] = await Promise.all([readSide(parts.store, leftId), readSide(parts.store, rightId)])
  const keys = new Set([...left.steps.keys(), ...right.steps.keys()])
  return {
    runs: [left.run, right.run],
    same_output: isDeepStrictEqual(left.run.output, right.run.output),
    steps: [...keys].map((key) => {
      const [one, other] = [left.steps.get(key) ?? null, right.steps.get(key) ?? null]
      return {
        key,
        name: left.names.get(key) ?? right.names.get(key) ?? key,
        left: one,
        right: other,
        same: one?.status === other?.status && isDeepStrictEqual(one?.output, other?.output),
      }
    }),
    files: await filesBetween(parts, left.files, right.files),
  }
}

interface Side {
  readonly run: ComparedRun
  readonly names: ReadonlyMap<string, string>
  readonly steps: ReadonlyMap<string, ComparedStep>
  /** A commit with its last files; null where none were kept. */
  readonly files: string | null
}

async function readSide(store: IWorkflowStore, runId: string): Promise<Side> {
  const run = await store.getWorkflowRun(runId)
  const [steps, events] = await Promise.all([
    store.listWorkflowSteps(runId),
    store.listWorkflowEvents({ runId }),
  ])
  const [created] = events
  const through = created?.type === 'run.created' ? (created.payload.forkedFrom?.throughSequence ?? 0) : 0
  return {
    run: {
      id: run.id,
      workflow_name: run.workflow_name,
      workflow_version: run.workflow_version,
      status: run.status,
      forked_from: run.forked_from,
      output: run.output,
      cost_usd: run.cost_estimate,
      total_tokens: run.total_tokens,
      duration_ms: run.duration_ms,
    },
    names: new Map(steps.map((step) => [step.step_key, step.name])),
    steps: new Map(
      steps.map((step) => [
        step.step_key,
        {
          status: step.status,
          attempt_number: step.attempt_number,
          duration_ms: step.duration_ms,
          output: step.output,
          taken_over: startOf(step) <= through,
        },
      ]),
    ),
    files: lastFiles(events) ?? run.final_commit_hash,
  }
}

/** The sequence of its first start stands in the id of a step: `{runId}.{sequence}.0`. */
function startOf({ id, run_id }: WorkflowStepRow): number {
  return Number(id.slice(run_id.length + 1).split('.')[0])
}

function lastFiles(events: readonly JournalEvent[]): string | null {
  const last = events.findLast((event) => event.type === 'checkpoint.taken')
  if (last?.type === 'checkpoint.taken') return last.payload.commit
  const [created] = events
  return created?.type === 'run.created' ? (created.payload.forkedFrom?.files?.commit ?? null) : null
}

async function filesBetween(
  { workspace, projectPath }: { readonly workspace: WorkspacePort; readonly projectPath: string },
  from: string | null,
  to: string | null,
): Promise<RunComparison['files']> {
  if (from === null || to === null) return null
  try {
    const files = await workspace.changedFiles(projectPath, from, to)
    const { patch, added, removed } = await workspace.git.diff(projectPath, { from, to })
    return { from, to, added, removed, files, patch }
  } catch {
    // Pruned, or in the clone of a temporary workspace.
    return null
  }
}
