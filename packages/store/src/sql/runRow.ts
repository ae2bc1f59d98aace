import type { WorkflowRunRow } from '../contract/index.ts'
import type { RunColumns } from '../projection/rows.ts'
import { decodeRow } from './decode.ts'

/** A run's row from its columns in memory, with the generated ones computed as the database does. */
export function runRow(run: RunColumns, blobs?: ReadonlyMap<string, string>): WorkflowRunRow {
  const row = {
    ...run,
    run_id: run.id,
    user_message: run.task_input,
    branch_name: run.git_branch,
    commit_sha: run.final_commit_hash,
    duration_seconds: run.duration_ms === null ? null : Math.trunc(run.duration_ms / 1000),
  }
  return decodeRow('workflow_runs', row, blobs)
}
