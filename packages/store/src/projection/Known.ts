import type { AgentSessionColumns, ApprovalColumns, RunColumns, StepColumns } from './rows.ts'

/** What the projection knows of a step. */
export type StepFacts = Pick<
  StepColumns,
  | 'id'
  | 'step_key'
  | 'step_number'
  | 'parent_step_id'
  | 'status'
  | 'started_at'
  | 'attempt_number'
  | 'logged_attempt'
  | 'attempt_tokens'
  | 'attempt_cost'
>

/** What the projection knows of an agent session that runs. */
export type SessionFacts = Pick<AgentSessionColumns, 'id' | 'workflow_step_id'>

/** What the projection knows of a question. */
export type ApprovalFacts = Pick<
  ApprovalColumns,
  | 'id'
  | 'approval_key'
  | 'revision'
  | 'status'
  | 'approved'
  | 'answer'
  | 'comment'
  | 'answered_by'
  | 'answered_sequence'
>

/** Reads rows of one run as they were before the batch. Backends answer it from their tables. */
export interface FactSource {
  step(runId: string, key: string): StepFacts | null
  /** Steps that are pending, running or retrying. */
  openSteps(runId: string): StepFacts[]
  /** Id of the step with the highest number. */
  lastStepId(runId: string): string | null
  /** The newest agent session of a step that is running. */
  runningSession(stepId: string): SessionFacts | null
  /** Every running agent session of a run. */
  runningSessions(runId: string): SessionFacts[]
  approval(runId: string, key: string): ApprovalFacts | null
  openApprovals(runId: string): ApprovalFacts[]
  hasUsage(runId: string, callId: string): boolean
}

/** A run and its rows as they are right before an event: all that {@link project} may look at. */
export interface Known {
  readonly run: Readonly<RunColumns>
  step(key: string): StepFacts | null
  openSteps(): Iterable<StepFacts>
  lastStepId(): string | null
  runningSession(stepId: string): SessionFacts | null
  runningSessions(): Iterable<SessionFacts>
  approval(key: string): ApprovalFacts | null
  openApprovals(): Iterable<ApprovalFacts>
  hasUsage(callId: string): boolean
}
