import type { WorkflowStatus } from '@holdfast/workflow-sdk'
import type { ClaimCause, EventPayloads, NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { AppendReceipt, OwnerAppend } from './journal.ts'
import type { Page, PageQuery } from './page.ts'
import type { ClaimedRun } from './queue.ts'
import type {
  AgentSessionRow,
  ApprovalRow,
  CheckpointRow,
  ExecutionLogRow,
  LlmUsageRow,
  MessageRow,
  WorkflowArtifactRow,
  WorkflowCommentRow,
  WorkflowLogRow,
  WorkflowRunRow,
  WorkflowStepRow,
  WorkspaceRow,
} from './rows.ts'
import type { MoneyStore } from './money.ts'
import type { UsageQuery, UsageSum } from './usage.ts'
import type { Json } from './vocabulary.ts'

type RunCreated = EventPayloads['run.created']

/** A new run: its id, and the payload of its `run.created`. */
export interface NewWorkflowRun extends RunCreated {
  readonly id: string
  /** When it becomes due, ISO; default now. */
  readonly startAt?: string
  /** Lets this worker own the run from the first moment, if no limit holds it back: `run.started` goes into the same transaction. */
  readonly claim?: { readonly workerId: string; readonly cause: ClaimCause }
  /** Events that are taken over from another run, with their times: they follow `run.created` in the same transaction. */
  readonly journal?: readonly TakenOver[]
}

/** An event of another run, with the time that it had there. */
export interface TakenOver {
  readonly event: NewJournalEvent
  /** ISO. */
  readonly timestamp: string
}

/** Which runs, in which order. */
export interface RunQuery extends PageQuery {
  readonly projectId?: string
  readonly workflowId?: string
  readonly workflowName?: string
  readonly version?: number
  readonly status?: WorkflowStatus | readonly WorkflowStatus[]
  readonly branch?: string
  readonly sessionId?: string
  readonly parentRunId?: string
  readonly triggeringObjectId?: string
  /** With `workflowId` at most one run. */
  readonly idempotencyKey?: string
  /** Runs that carry all of these tags. */
  readonly tags?: Readonly<Record<string, string>>
  /** Least cost in US dollars; runs of unknown cost are left out. */
  readonly minCost?: number
  /** Least duration; runs that are not over are left out. */
  readonly minDurationMs?: number
  /** Created at or after this ISO time. */
  readonly from?: string
  /** Created before this ISO time. */
  readonly to?: string
  /** A part of the request, the workflow's name, the session's name or the branch; or the start of the run's id. */
  readonly q?: string
  /** `-created_at` by default. A run that has not started counts as started later than all others. */
  readonly sort?: 'created_at' | '-created_at' | 'started_at' | '-started_at'
}

/** Which attempts, in which order. */
export interface ExecutionLogQuery extends PageQuery {
  readonly runId?: string
  readonly stepId?: string
  readonly workflowId?: string
  /** Key of the step; of a graph definition: id of its node. */
  readonly nodeId?: string
  readonly triggeringObjectId?: string
  readonly status?: ExecutionLogRow['status']
  /** `-executed_at` by default. */
  readonly sort?: 'executed_at' | '-executed_at'
}

/** A change of a run that is not made by its owner's journal: each maps to one event. */
export interface RunChange {
  readonly status?: WorkflowStatus
  readonly output?: Json
  readonly result?: string
  readonly error?: string
  readonly git?: EventPayloads['run.updated']['git']
  readonly tags?: Readonly<Record<string, string>>
}

/** Runs and what belongs to them. */
export interface RunStore extends MoneyStore {
  /**
   * Appends `run.created`. A run with this id that exists already is answered as it is (S5), and so is the run that
   * the idempotency, singleton or debounce key of the start stands for; then `created` is false.
   * @throws WorkflowError `IDEMPOTENCY_KEY_REUSED`, `SINGLETON_CONFLICT`, `PAYLOAD_INVALID`.
   */
  createWorkflowRun(
    run: NewWorkflowRun,
  ): Promise<{ readonly run: WorkflowRunRow; readonly created: boolean; readonly claimed: ClaimedRun | null }>
  /**
   * Ends a run and creates its successor in one transaction: the last of `append` is the end. A parent that
   * waits hears of the successor's end, not of this one.
   * @throws WorkflowError as `appendAsOwner`.
   */
  completeAndContinue(request: {
    readonly append: OwnerAppend
    readonly successor: NewWorkflowRun
  }): Promise<{
    readonly receipt: AppendReceipt
    readonly run: WorkflowRunRow
    readonly created: boolean
    readonly claimed: ClaimedRun | null
  }>
  /**
   * Appends the event that says `change`. While a worker holds the run it needs the owner's token.
   * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_TRANSITION_INVALID`, `RUN_FINISHED`, `OWNER_REQUIRED`, `OWNERSHIP_LOST`.
   */
  updateWorkflowRun(runId: string, change: RunChange, ownerToken?: string): Promise<WorkflowRunRow>
  /** @throws WorkflowError `RUN_NOT_FOUND`. */
  getWorkflowRun(runId: string): Promise<WorkflowRunRow>
  findWorkflowRun(runId: string): Promise<WorkflowRunRow | null>
  listWorkflowRuns(query?: RunQuery): Promise<Page<WorkflowRunRow>>
  /** Removes a finished run and everything below it. @throws `RUN_NOT_FOUND`, `RUN_TRANSITION_INVALID`. */
  deleteWorkflowRun(runId: string): Promise<void>

  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getWorkflowStep(stepId: string): Promise<WorkflowStepRow>
  /** By step number. */
  listWorkflowSteps(runId: string): Promise<WorkflowStepRow[]>
  /** Attempts of steps; what equals input or output of the step is filled in. */
  listExecutionLogs(query: ExecutionLogQuery): Promise<Page<ExecutionLogRow>>
  /** Outputs of completed top-level nodes and steps by id (mapping 10). */
  getCompletedDagNodeOutputs(
    runId: string,
  ): Promise<
    Map<string, { readonly output: Json; readonly costUsd: number | null; readonly completedAt: string }>
  >

  /** Gives each line the next sequence of its step, or of its run. Resolves when durable. */
  appendWorkflowLog(lines: readonly Omit<WorkflowLogRow, 'id' | 'sequence' | 'timestamp'>[]): Promise<void>
  listWorkflowLogs(query: {
    readonly runId: string
    readonly stepId?: string | null
    readonly level?: WorkflowLogRow['level']
    readonly afterSequence?: number
    readonly limit?: number
  }): Promise<WorkflowLogRow[]>

  listComments(runId: string): Promise<WorkflowCommentRow[]>
  listArtifacts(runId: string): Promise<WorkflowArtifactRow[]>
  listAgentSessions(runId: string): Promise<AgentSessionRow[]>
  recordLlmUsage(runId: string, usage: EventPayloads['usage.recorded'], ownerToken: string): Promise<void>
  listLlmUsage(query: { readonly runId: string; readonly stepId?: string }): Promise<LlmUsageRow[]>
  /** Model calls summed by group, the dearest first. */
  sumLlmUsage(query: UsageQuery): Promise<UsageSum[]>
  /** Open ones first, then newest. */
  listApprovals(query?: {
    readonly runId?: string
    readonly status?: ApprovalRow['status']
    readonly kind?: ApprovalRow['kind']
  }): Promise<ApprovalRow[]>
  listMessages(query: {
    readonly sessionId?: string
    readonly runId?: string
    readonly after?: string
  }): Promise<MessageRow[]>
  listCheckpoints(runId: string): Promise<CheckpointRow[]>
  getWorkspace(id: string): Promise<WorkspaceRow | null>
  listWorkspaces(projectId: string): Promise<WorkspaceRow[]>
}
