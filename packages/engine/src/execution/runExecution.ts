import type { ClaimedRun } from '@holdfast/store/contract'
import { CancelledError, toErrorRecord, WorkflowError, type AnyWorkflow } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import { createContext } from '../context/createContext.ts'
import type { EngineDependencies } from '../dependencies.ts'
import { JournalIndex } from '../journal/JournalIndex.ts'
import { inScope } from '../scopes/active.ts'
import { fromStored } from '../values/stored.ts'
import { cancelOpen } from './cancelOpen.ts'
import { Execution, type CloseReason } from './Execution.ts'
import { finishRun, type Outcome } from './finishRun.ts'
import { askAboutCrashLoop, failEarly } from './runQuestions.ts'
import { askAboutLostWorkspace, isElsewhere, lostError, withdrawLostQuestion } from './lostWorkspace.ts'
import { openWorkspace } from './openWorkspace.ts'
import { checkWhole, setAside } from './setAside.ts'

/** A run in memory, as its worker sees it. */
export interface RunningExecution {
  readonly runId: string
  /** Resolves when the run has left this process and nothing of it is running here. */
  readonly done: Promise<CloseReason>
  /** Running time of the run so far, in milliseconds, all its owners together. */
  activeMs(): number
  /** The clock jumped: times at which something ends are looked at anew. */
  clockMoved(): void
  /** Something was appended to the run's journal. */
  noticed(sequence: number): void
  /** Makes the run leave this process: `handed-over` on a clean shutdown, `lost` when the lease is gone. */
  leave(reason: 'handed-over' | 'lost' | 'killed'): void
}

/** Executes a claimed run until it ends, parks or leaves. Never rejects. */
export function runExecution(claim: ClaimedRun, deps: EngineDependencies): RunningExecution {
  const state: { x: Execution | null; left: CloseReason | null; noticed: number } = {
    x: null,
    left: null,
    noticed: 0,
  }
  const done = execute(claim, deps, state)
  return {
    runId: claim.run.id,
    done,
    activeMs: () => state.x?.activeMs() ?? claim.run.active_ms,
    clockMoved: () => state.x?.clockMoved(),
    noticed: (sequence) => {
      state.noticed = Math.max(state.noticed, sequence)
      state.x?.journal.noticed(sequence)
    },
    leave: (reason) => {
      state.left ??= reason
      if (state.x !== null) void leave(state.x, reason)
    },
  }
}

async function execute(
  claim: ClaimedRun,
  deps: EngineDependencies,
  state: { x: Execution | null; left: CloseReason | null; noticed: number },
): Promise<CloseReason> {
  try {
    const x = await prepare(claim, deps)
    if (x === null) return 'ended'
    state.x = x
    if (state.left !== null) x.close(state.left)
    else {
      await begin(x)
      x.journal.noticed(state.noticed)
    }
    const reason = await x.whenClosed
    await whatRuns(x)
    // Not when the run was lost: another worker of this host may own it, and the marker is the same.
    if (reason !== 'lost' && reason !== 'parked') await deps.workspace?.endProcesses(x.runId, [])
    if (reason === 'handed-over')
      await deps.store.handBackRun({ runId: x.runId, ownerToken: claim.ownerToken, activeMs: x.activeMs() })
    await deps.files.flushLogs(x.runId)
    return reason
  } catch (error) {
    if (WorkflowError.has(error, 'JOURNAL_CORRUPT')) {
      const reason = await setAside(claim, deps, error).catch(() => null)
      if (reason !== null) return reason
    }
    // The store is away or the run is somebody else's: whoever claims it next goes on from the journal.
    deps.files.log({
      runId: claim.run.id,
      stepId: null,
      stepNumber: null,
      stepName: null,
      level: 'error',
      message: `The run left this worker: ${String(error)}`,
      data: { error: { ...toErrorRecord(error) } },
    })
    return 'lost'
  }
}

/** What interrupted work still says, e.g. what it cost, is written before a clean hand-over; a lost run may not write. */
async function leave(x: Execution, reason: 'handed-over' | 'lost' | 'killed'): Promise<void> {
  if (reason === 'handed-over') {
    x.interrupt()
    await whatRuns(x)
    await withinGrace(x, x.journal.settled())
  }
  x.close(reason)
}

/** Reads the journal and everything that the code of the run needs; null when the run ended here already. */
async function prepare(claim: ClaimedRun, deps: EngineDependencies): Promise<Execution | null> {
  const { run } = claim
  const index = new JournalIndex()
  const events = await deps.store.listWorkflowEvents({ runId: run.id })
  checkWhole(events, claim)
  for (const event of events) index.apply(event)
  if (claim.cause === 'takeover') await deps.workspace?.endProcesses(run.id, processesOf(index))
  const project = await deps.definitions.project(run.project_id)
  const bare = { claim, index, project, workspacePath: project.path, input: undefined }
  let definition: AnyWorkflow
  try {
    definition = await deps.definitions.load({
      projectId: run.project_id,
      workflowId: run.workflow_id,
      workflowName: run.workflow_name,
      version: index.version,
    })
  } catch (error) {
    await failEarly(new Execution({ ...bare, definition: nothing }, deps), error)
    return null
  }
  if (isElsewhere(claim, deps)) {
    const x = new Execution({ ...bare, definition, input: undefined }, deps)
    if (index.cancelRequested === null) return x
    // Its clean-up belongs to a place that nobody reaches.
    await failEarly(x, lostError(x))
    return null
  }
  try {
    const workspacePath = await openWorkspace({ claim, index, project }, deps)
    // Checked and completed with defaults when the run was made; doing it again could give something else.
    const input = await fromStored(index.created?.input ?? {}, deps.store)
    return new Execution({ ...bare, definition, workspacePath, input }, deps)
  } catch (error) {
    if (
      WorkflowError.has(error, 'OWNERSHIP_LOST', 'RUN_FINISHED') ||
      (WorkflowError.is(error) && error.retryable)
    )
      throw error
    await failEarly(new Execution({ ...bare, definition, input: undefined }, deps), error)
    return null
  }
}

async function begin(x: Execution): Promise<void> {
  let finishing = false
  const finish = (outcome: Outcome): void => {
    if (finishing || x.closed !== null) return
    finishing = true
    void finishRun(x, outcome)
  }
  x.onFailure = (error) => finish({ how: 'failed', error })
  x.onCancel = () => startCancel(x, finish)
  const limits = startLimits(x)
  const continueAs = (input: unknown): Promise<never> => {
    finish({ how: 'continued', input })
    return new Promise(() => {})
  }
  const ctx = createContext(x, x.root, continueAs)
  const body = async (): Promise<unknown> => {
    if (isElsewhere(x.facts.claim, x.deps)) return await askAboutLostWorkspace(x)
    withdrawLostQuestion(x)
    if (x.index.takeovers >= x.deps.settings.crashLoopLimit) await askAboutCrashLoop(x)
    return x.facts.definition.execute(ctx)
  }
  x.loop.begin(() => {
    x.offerCancel()
    inScope(x.root, body).then(
      (value) => finish({ how: 'returned', value }),
      (error: unknown) => finish({ how: 'threw', error }),
    )
  })
  void x.whenClosed.then(limits)
}

/** Time-out and deadline end the run on the path of a cancel (S2, S3). */
function startLimits(x: Execution): () => void {
  const { run } = x.facts.claim
  const request = (reason: 'timed_out' | 'deadline'): void => {
    if (x.cancelling === null && !x.finishing)
      x.write(journalEvent('run.cancel-requested', { by: null, reason }))
  }
  const stops = [x.timer(run.timeout_ms - run.active_ms, () => request('timed_out'))]
  if (run.deadline_at !== null) stops.push(x.timerAt(Date.parse(run.deadline_at), () => request('deadline')))
  return () => {
    for (const stop of stops) stop()
  }
}

/** The cancel is delivered: open calls end, new ones work until the grace time is over (S3). */
function startCancel(x: Execution, finish: (outcome: Outcome) => void): void {
  x.abortSignal(new CancelledError(`Run ${x.runId} was asked to stop.`))
  cancelOpen([x.root], `the run was asked to stop (${x.cancelling})`).catch(() => {})
  x.timer(x.deps.settings.cleanupGraceMs, () => finish({ how: 'cut-off' }))
}

/** Waits until what ran here has ended, or has had its time to. */
async function whatRuns(x: Execution): Promise<void> {
  if (x.effects.size > 0) await withinGrace(x, Promise.allSettled(x.effects))
}

/** Waits for `work`, at most the grace time of an abort; its timer does not outlive the wait. */
async function withinGrace(x: Execution, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => {}
  const grace = new Promise<void>((resolve) => {
    cancel = x.deps.clock.setTimer(x.deps.settings.abortGraceMs, resolve)
  })
  await Promise.race([work, grace]).finally(cancel)
}

function processesOf(
  index: JournalIndex,
): Parameters<NonNullable<EngineDependencies['workspace']>['endProcesses']>[1] {
  return [...index.steps()].flatMap((step) =>
    step.phase.at === 'running' && step.result === null ? step.phase.processes : [],
  )
}

/** Stands in where the real definition cannot be loaded; it is never executed. */
const nothing: AnyWorkflow = {
  kind: 'holdfast.workflow',
  name: 'unloadable',
  description: '',
  input: null,
  timeoutMs: 0,
  deadlineMs: null,
  onFailure: null,
  onParentClose: 'cancel',
  retry: null,
  budget: null,
  workspace: 'project',
  queue: { priority: 0, concurrency: null, rateLimit: null, singleton: null, debounce: null },
  execute: async () => undefined,
}
