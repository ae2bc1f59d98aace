import type {
  AgentSessionRow,
  ApprovalRow,
  MessageRow,
  WorkflowRunRow,
  WorkflowStepRow,
} from '@holdfast/store/contract'
import type { AnyWorkflow, Budget, WorkflowError } from '@holdfast/workflow-sdk'
import type { RaisedScope } from './actions/raiseBudget.ts'
import type { PlanWithNotes } from './fork/planResume.ts'

/** What a run is started from. */
export interface StartRun {
  readonly projectId: string
  readonly workflowId: string
  /** Number of the version that the run keeps. */
  readonly version: number
  readonly definition: AnyWorkflow
  /** Checked against the definition's schema. */
  readonly input: unknown
  /** Id of the run; default a new UUIDv7. The same id twice starts once. */
  readonly id?: string
  /** The request in words, with which the conversation of the run begins; default the input's text form. */
  readonly message?: string
  /** Session that the run belongs to, by its name in the project; it is made where there is none. Default one of its own. */
  readonly sessionName?: string
  readonly userId?: string
  readonly triggeringObjectId?: string
  /** Overrides the definition's. */
  readonly workspace?: 'project' | 'worktree' | 'temporary'
  /** Accept uncommitted changes in a workspace of kind `project`. */
  readonly allowDirty?: boolean
  /** Overrides where the definition does not say. */
  readonly onFailure?: 'fail' | 'ask'
  /** ISO time before which it is not due. */
  readonly startAt?: string
  /** Higher goes first; −100 to 100. Overrides the definition's. */
  readonly priority?: number
  /**
   * A start with the key of an earlier one is answered with the run of that, as long as it is kept; with another
   * input it is `IDEMPOTENCY_KEY_REUSED`.
   */
  readonly idempotencyKey?: string
  readonly tags?: Readonly<Record<string, string>>
}

/** Who acts on a run from outside; `by` is shown to people. */
export interface Actor {
  readonly by: string | null
}

/** An answer to an open question of a run. */
export interface Answer extends Actor {
  /** Id of the approval's row; default the only open one of the run. */
  readonly approvalId?: string
  readonly approved: boolean
  /** Value of the answer, or one of the choices of the engine's own questions. */
  readonly answer?: unknown
  readonly comment?: string
  /** Revision that the person saw; default the current one. */
  readonly revision?: number
}

/** A message of a person to a run. */
export interface NewMessage extends Actor {
  /** At most 64 KiB. */
  readonly text: string
  /**
   * `intervention` (default) goes to an agent: that of `step`, else the one that began last of those at work, else
   * the next that begins. A `note` only stands in the conversation.
   */
  readonly type?: 'intervention' | 'note'
  /** An agent step that is under way: its key, number or name. */
  readonly step?: string
  /** The same id counts once. */
  readonly id?: string
}

/** Whose session a person wants for himself. */
export interface TakeoverRequest extends Actor {
  /** An agent step that is under way: its key, number or name; default the one that began last. */
  readonly step?: string
}

/** What a fork of a run is made from (W4). */
export interface ForkRequest extends Actor {
  /** The first step that runs anew: its key, its number, or a name that only one step has. */
  readonly from: string
  /** Other outputs for steps that are taken over, by key, number or name. */
  readonly outputs?: Readonly<Record<string, unknown>>
  /** Another input. */
  readonly input?: unknown
  /** Accept the nearest files that were kept, where the exact ones were not. */
  readonly nearest?: boolean
  /** Id of the plan that was looked at: another one now is `PLAN_CHANGED`. */
  readonly planId?: string
  /** Id of the new run; default a new UUIDv7. The same id twice forks once. */
  readonly id?: string
}

/** How a run that is over goes on as another one. */
export interface RetryRequest extends Actor {
  /** The first step that runs anew, as in {@link ForkRequest}; default: the one that failed, and what was not over. */
  readonly from?: string
  /** Version of the workflow that goes on; default the run's own. */
  readonly version?: number
  /** Where the workspace is gone: accept the nearest files that were kept. */
  readonly nearest?: boolean
  /** Id of the plan that was looked at: another one now is `PLAN_CHANGED`. */
  readonly planId?: string
}

/** A run that was made from another one. */
export interface MadeFork extends PlanWithNotes {
  readonly run: WorkflowRunRow
}

/** Durable execution over one store. */
export interface Engine {
  /**
   * Starts a run, or answers the one that the keys of the start stand for.
   * @throws WorkflowError `INPUT_INVALID` naming every field, `OPTION_INVALID`, `IDEMPOTENCY_KEY_REUSED`,
   *   `SINGLETON_CONFLICT`.
   */
  start(run: StartRun): Promise<WorkflowRunRow>
  /** Registers a worker process and claims due runs until it is stopped. One per engine. */
  startWorker(options: { readonly concurrency: number }): Promise<Worker>
  /** Asks a run to stop; its clean-up runs (S3). @throws `RUN_NOT_FOUND`, `RUN_FINISHED`. */
  cancel(runId: string, actor: Actor): Promise<WorkflowRunRow>
  /** Ends a run and its processes at once. @throws `RUN_NOT_FOUND`, `RUN_FINISHED`. */
  kill(runId: string, actor: Actor): Promise<WorkflowRunRow>
  /**
   * Makes a paused or waiting run due now; `version` moves it to another version of its workflow, unless a replay
   * without effects shows that the run could not go on with that. With `now` the providers whose quota it waits for may be called
   * before their reset, by every run.
   * @throws `RUN_NOT_FOUND`, `RUN_FINISHED`, `RECORD_NOT_FOUND` when there is no such version, `REPLAY_DIVERGED`,
   *   `PLAN_CHANGED`, `OPTION_INVALID` for `now` when it waits for no quota.
   */
  resume(
    runId: string,
    request: Actor & { readonly version?: number; readonly planId?: string; readonly now?: boolean },
  ): Promise<WorkflowRunRow>
  /** What {@link resume} would do. @throws `RUN_NOT_FOUND`, `RUN_FINISHED`, `RECORD_NOT_FOUND`. */
  planResume(runId: string, request?: { readonly version?: number }): Promise<PlanWithNotes>
  /**
   * Starts a run that goes on in the place of one that failed, was cancelled, killed or ran out of time: with what was
   * finished, from what was not, in the workspace of that. Asked for twice it is made once.
   * @throws `RUN_NOT_FOUND`, `RUN_TRANSITION_INVALID`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`, `RECORD_NOT_FOUND`,
   *   `PLAN_CHANGED`, `REPLAY_DIVERGED`.
   */
  retry(runId: string, request: RetryRequest): Promise<MadeFork & { readonly made: boolean }>
  /** What {@link retry} would do. @throws as `retry`. */
  planRetry(runId: string, request: RetryRequest): Promise<PlanWithNotes>
  /**
   * Starts a run that goes on from before a step of another one, with the results, state, files and agent sessions
   * that were there; the original is not touched.
   * @throws `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`, `OPTION_INVALID`, `INPUT_INVALID`, `PLAN_CHANGED`,
   *   `REPLAY_DIVERGED`.
   */
  fork(runId: string, request: ForkRequest): Promise<MadeFork>
  /** What {@link fork} would do. @throws as `fork`. */
  planFork(runId: string, request: ForkRequest): Promise<PlanWithNotes>
  /** Sends an event to a run; kept when nobody waits yet (S7). The same `id` counts once. */
  send(
    runId: string,
    event: Actor & { readonly name: string; readonly data: unknown; readonly id?: string },
  ): Promise<void>
  /**
   * Writes a message into the conversation of a run; its row says whether an agent has it (`delivery_state`).
   * @throws `RUN_NOT_FOUND`, `RUN_FINISHED`, `MESSAGE_INVALID`, `STEP_NOT_FOUND`.
   */
  sendMessage(runId: string, message: NewMessage): Promise<MessageRow>
  /**
   * Asks for the session of an agent, which is stopped. The step then waits (`takeover`) until that is answered.
   * @throws `RUN_NOT_FOUND`, `RUN_FINISHED`, `STEP_NOT_FOUND`, `AGENT_CAPABILITY_MISSING`.
   */
  requestTakeover(
    runId: string,
    request: TakeoverRequest,
  ): Promise<{ readonly step: WorkflowStepRow; readonly session: AgentSessionRow }>
  /** @throws `APPROVAL_NOT_FOUND`, `ALREADY_ANSWERED`, `APPROVAL_CHANGED`, `ANSWER_INVALID`. */
  answer(runId: string, answer: Answer): Promise<ApprovalRow>
  /**
   * Raises the budget of a run by amounts, also while its agents work; a step that waits for room goes on. `of` raises
   * that of its tree of runs, or of its project today.
   * @throws `RUN_NOT_FOUND`, `RUN_FINISHED`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `DURATION_INVALID`.
   */
  raiseBudget(
    runId: string,
    raise: Actor & { readonly amounts: Budget; readonly of?: RaisedScope },
  ): Promise<WorkflowRunRow>
}

/** A loop that claims due runs and executes them. */
export interface Worker {
  readonly id: string
  /** Ids of the runs that are in memory now. */
  activeRuns(): readonly string[]
  /**
   * Resolves when the worker works no more and nothing of its runs is left in this process: with null after
   * {@link stop}, otherwise with why its store cannot be used any more (`STORE_CLOSED`, `STORE_REPLACED`).
   */
  readonly ended: Promise<WorkflowError | null>
  /**
   * Clean shutdown: claims no more, interrupts what runs, hands the runs back so that another worker
   * goes on at once, and resolves when nothing of them is left in this process.
   */
  stop(): Promise<void>
}
