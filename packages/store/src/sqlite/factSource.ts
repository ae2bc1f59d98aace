import type { ApprovalFacts, FactSource, SessionFacts, StepFacts } from '../projection/Known.ts'
import type { Connection } from './Connection.ts'

const STEP = `select id, step_key, step_number, parent_step_id, status, started_at, attempt_number, logged_attempt, attempt_tokens,
  attempt_cost from workflow_steps where run_id = ?`
const SESSION = `select id, workflow_step_id from agent_sessions where status = 'running'`
const APPROVAL = `select id, approval_key, revision, status, approved, answer, comment, answered_by,
  answered_sequence from approvals where run_id = ?`

/** Reads what the projection asks for from a SQLite database, on the connection of the transaction. */
export function sqliteFacts(connection: Connection): FactSource {
  return {
    step: (runId, key) => connection.get<StepFacts>(`${STEP} and step_key = ?`, runId, key),
    openSteps: (runId) =>
      connection.all<StepFacts>(
        `${STEP} and status in ('pending','running','retrying') order by step_number`,
        runId,
      ),
    lastStepId: (runId) =>
      connection.get<{ id: string }>(
        'select id from workflow_steps where run_id = ? order by step_number desc limit 1',
        runId,
      )?.id ?? null,
    runningSession: (stepId) =>
      connection
        .all<SessionFacts>(`${SESSION} and workflow_step_id = ? order by attempt_number`, stepId)
        .at(-1) ?? null,
    runningSessions: (runId) =>
      connection.all<SessionFacts>(`${SESSION} and run_id = ? order by attempt_number, started_at`, runId),
    approval: (runId, key) => {
      const row = connection.get<StoredApproval>(`${APPROVAL} and approval_key = ?`, runId, key)
      return row === null ? null : approvalFacts(row)
    },
    openApprovals: (runId) =>
      connection.all<StoredApproval>(`${APPROVAL} and status = 'open'`, runId).map(approvalFacts),
    hasUsage: (runId, callId) =>
      connection.get('select 1 from llm_usage where run_id = ? and call_id = ?', runId, callId) !== null,
  }
}

type StoredApproval = Omit<ApprovalFacts, 'approved'> & { readonly approved: number | null }

function approvalFacts(row: StoredApproval): ApprovalFacts {
  return { ...row, approved: row.approved === null ? null : row.approved === 1 }
}
