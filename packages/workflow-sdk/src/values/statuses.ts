/** Every status of a run. */
export const WORKFLOW_STATUSES = [
  'pending',
  'running',
  'waiting',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
  'killed',
  'timed_out',
] as const
/** Status of a run. */
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number]

/** Statuses that never change again. */
export const TERMINAL_STATUSES = [
  'completed',
  'failed',
  'cancelled',
  'killed',
  'timed_out',
] as const satisfies readonly WorkflowStatus[]
/** Status of a run that is over. */
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number]

/** Whether a run with this status is over. */
export function isTerminal(status: WorkflowStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly WorkflowStatus[]).includes(status)
}

/** Every status of a step. */
export const STEP_STATUSES = [
  'pending',
  'running',
  'retrying',
  'completed',
  'failed',
  'skipped',
  'cancelled',
] as const
/** Status of a step. */
export type StepStatus = (typeof STEP_STATUSES)[number]

/** Every kind of artifact. */
export const ARTIFACT_TYPES = [
  'screenshot',
  'log_file',
  'session_file',
  'test_report',
  'build_output',
  'document',
  'other',
] as const
/** Kind of an artifact. */
export type ArtifactType = (typeof ARTIFACT_TYPES)[number]

/** Where an artifact's bytes lie. */
export type StorageType = 'filesystem'

/** Why a run waits (P3). */
export const WAIT_REASONS = [
  'approval',
  'question',
  'event',
  'timer',
  'child',
  'retry',
  'quota',
  'budget',
  'takeover',
  'failure',
  'crash-loop',
  'workspace-lost',
  'effect-unknown',
  'breaker',
  'concurrency',
] as const
/** Reason for which a run waits. */
export type WaitReason = (typeof WAIT_REASONS)[number]

/** Reasons that only a person ends. */
export const PERSON_REASONS = [
  'approval',
  'question',
  'failure',
  'crash-loop',
  'effect-unknown',
  'workspace-lost',
  'budget',
  'takeover',
  'breaker',
] as const satisfies readonly WaitReason[]

/** Whether only a person ends a wait with this reason. */
export function needsPerson(reason: WaitReason): boolean {
  return (PERSON_REASONS as readonly WaitReason[]).includes(reason)
}

/** What a run waits for; part of every shape of a run. A person's turn is told before timers and the like. */
export interface WaitingFor {
  readonly reason: WaitReason
  /** ISO 8601, UTC, milliseconds. */
  readonly since: string
  /** ISO 8601, or null when only somebody's act ends the wait. */
  readonly until: string | null
  /** One sentence for people. */
  readonly detail: string
  /** Reasons of what else it waits for, each once; absent when there is nothing else. */
  readonly others?: readonly WaitReason[]
}

/** What a step may do to the workspace (W4). */
export type Writes = 'workspace' | 'none'

/** What happens to a step that was running when its process died (S1). */
export type OnInterrupted = 'retry' | 'fail' | 'ask'
