import { resolve } from 'node:path'
import type { DryReplay } from '@holdfast/engine'
import type { Page, WorkflowRunRow } from '@holdfast/store/contract'
import { WorkflowError, type WorkflowStatus } from '@holdfast/workflow-sdk'
import type { CheckOptions, CheckParts } from './checkProject.ts'

/** What a file holds now. */
export interface Bundle {
  readonly contentHash: string
  readonly bundlePath: string
}

/** A run that would not simply go on with what the file of its workflow holds now. */
export interface CheckedRun {
  readonly runId: string
  readonly workflow: string
  readonly status: WorkflowStatus
  /** The version that it has. */
  readonly version: number
  readonly replay: DryReplay
}

/** How many runs that are not over were looked at, and what came of it. */
export interface RunCounts {
  readonly same: number
  readonly differs: number
  readonly diverges: number
  /** Their version is what the file holds. */
  readonly unchanged: number
  /** The file of their workflow is gone or does not load: they go on with the version that they have. */
  readonly withoutFile: number
}

/** Runs that somebody asked to stop replay for their clean-up only, with the version that they have. */
const LIVE: readonly WorkflowStatus[] = ['pending', 'running', 'waiting', 'paused']
const PAGE = 200

/** Replays each live run against what the file of its workflow holds, one at a time. */
export async function replayLiveRuns(
  { store, project, replayer }: CheckParts,
  bundles: ReadonlyMap<string, Bundle>,
  { workflow, all = false, onRun = () => {} }: CheckOptions,
): Promise<{ readonly runs: CheckedRun[]; readonly counts: RunCounts }> {
  const counts = { same: 0, differs: 0, diverges: 0, unchanged: 0, withoutFile: 0 }
  const runs: CheckedRun[] = []
  const hashes = new Map<string, string>()
  const hashOf = async ({ workflow_id: id, workflow_version: version }: WorkflowRunRow): Promise<string> => {
    const key = `${id}@${version}`
    const known = hashes.get(key) ?? (await store.getWorkflowVersion(id, version)).content_hash
    hashes.set(key, known)
    return known
  }
  const look = async (run: WorkflowRunRow): Promise<void> => {
    const bundle = bundles.get(run.workflow_name)
    if (bundle === undefined) return void counts.withoutFile++
    if (!all && (await hashOf(run)) === bundle.contentHash) return void counts.unchanged++
    const replay = await replayOf(run, bundle)
    counts[replay.verdict]++
    if (replay.verdict === 'same') return
    const { id: runId, workflow_name: name, status, workflow_version: version } = run
    const checked = { runId, workflow: name, status, version, replay }
    runs.push(checked)
    onRun(checked)
  }
  const replayOf = async (run: WorkflowRunRow, { bundlePath }: Bundle): Promise<DryReplay> => {
    const events = await store.listWorkflowEvents({ runId: run.id })
    const workspacePath = resolve(project.path, run.workspace_path ?? '.')
    const request = { run, events, version: run.workflow_version, project, workspacePath }
    try {
      return await replayer.replay(request, { bundlePath, readBlob: (hash) => store.getBlob(hash) })
    } catch (error) {
      if (!WorkflowError.has(error, 'JOURNAL_CORRUPT', 'WORKFLOW_INVALID', 'WORKFLOW_DEPENDENCY_MISSING'))
        throw error
      const divergence = { key: null, recorded: null, now: null, message: error.message, at: null }
      return { verdict: 'diverges', divergence, reached: [], asked: [], unasked: [], ends: null }
    }
  }
  const filter = {
    projectId: project.id,
    status: LIVE,
    ...(workflow === undefined ? {} : { workflowName: workflow }),
    sort: 'created_at',
    limit: PAGE,
  } as const
  let after: string | null = null
  do {
    const page: Page<WorkflowRunRow> = await store.listWorkflowRuns({
      ...filter,
      ...(after === null ? {} : { after }),
    })
    for (const run of page.items) await look(run)
    after = page.next
  } while (after !== null)
  return { runs, counts }
}
