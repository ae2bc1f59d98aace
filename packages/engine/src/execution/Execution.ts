import type { ClaimedRun } from '@holdfast/store/contract'
import { CancelledError, type AnyWorkflow, type JournalEvent, WorkflowError } from '@holdfast/workflow-sdk'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { ProjectInfo, TreeSnapshot } from '@holdfast/workflow-sdk/ports'
import { Budgets } from '../budgets/Budgets.ts'
import type { BaseCall } from '../calls/BaseCall.ts'
import type { CallStatus } from '../calls/Call.ts'
import type { CallWatch } from '../dry/CallWatch.ts'
import { DeliveryLoop } from '../delivery/DeliveryLoop.ts'
import type { EngineDependencies } from '../dependencies.ts'
import { Journal } from '../journal/Journal.ts'
import type { JournalIndex } from '../journal/JournalIndex.ts'
import type { CallRecord } from '../journal/records.ts'
import { identityAt } from '../fork/identities.ts'
import type { Interrupt } from '../scopes/Interrupt.ts'
import { Scope } from '../scopes/Scope.ts'
import { StateView } from '../scopes/StateView.ts'
import { Mailbox } from '../messages/Mailbox.ts'
import { WriterLedger } from './WriterLedger.ts'
import { EventMatcher } from '../waits/EventMatcher.ts'
import { Parking } from './Parking.ts'

/** Why an execution is over in this process. */
export type CloseReason = 'ended' | 'parked' | 'lost' | 'killed' | 'handed-over'

/** What an execution needs to know of its run. */
export interface ExecutionFacts {
  readonly claim: ClaimedRun
  readonly index: JournalIndex
  readonly definition: AnyWorkflow
  readonly project: ProjectInfo
  readonly workspacePath: string
  readonly input: unknown
  /** Of a dry replay: sees what the code asks for, and nothing is started. */
  readonly watch?: CallWatch
}

/** Events by which something is spent or granted. */
const MONEY: ReadonlySet<string> = new Set(['usage.recorded', 'budget.raised', 'approval.answered'])

/** Events after which what others have spent and were granted is looked at too. */
const SHARED_MONEY: ReadonlySet<string> = new Set(['usage.recorded', 'budget.raised', 'run.resume-requested'])

/** Events after which whoever is held back by something outside of the run looks again. */
const NUDGES: ReadonlySet<string> = new Set(['provider.released', 'run.resume-requested'])

type AnyCall = BaseCall<unknown, CallRecord>

/**
 * One incarnation of a run in memory (S4): its journal, its delivery loop, its open calls. What the calls do
 * stands with them; how it starts, parks and ends stands in `runExecution.ts` and its neighbours.
 */
export class Execution {
  readonly facts: ExecutionFacts
  readonly deps: EngineDependencies
  readonly index: JournalIndex
  readonly journal: Journal
  readonly loop: DeliveryLoop
  readonly root: Scope
  readonly writers = new WriterLedger()
  /** The last exact tree that was kept in this incarnation. */
  lastSnapshot: TreeSnapshot | null = null
  readonly matcher: EventMatcher
  readonly parking: Parking
  readonly budgets: Budgets
  readonly mailbox: Mailbox
  /** By step: who is called when a person wants the session of its agent. */
  readonly onTakeover = new Map<string, () => void>()
  /** Everything that runs now and must have ended before the run is handed on. */
  readonly effects = new Set<Promise<unknown>>()
  readonly interrupts = new Set<Interrupt>()
  readonly calls = new Map<string, AnyCall>()
  readonly counts = { staged: 0, live: 0, waiting: 0, composite: 0, settled: 0 }
  readonly onParkHooks: (() => void)[] = []
  readonly #signal = new AbortController()
  readonly #timers = new Set<() => void>()
  readonly #clockTimers = new Set<() => void>()
  readonly #began: number
  #endedAt: number | null = null
  readonly #closedPromise: Promise<CloseReason>
  #resolveClosed!: (reason: CloseReason) => void
  closed: CloseReason | null = null
  /** Set when a cancel, time-out or deadline has been delivered (S3). */
  cancelling: 'cancelled' | 'timed_out' | 'deadline' | null = null
  finishing = false
  readonly #recorded: number
  #passed = 0
  #caughtUp: boolean
  #failure: WorkflowError | null = null
  /** Called when the run must fail whatever its code does. */
  onFailure: (error: WorkflowError) => void = () => {}
  onCancel: () => void = () => {}
  stepCount: number
  /** How many calls were made. */
  entries = 0
  /** Set when the run is on its way to another worker: what ends is still written, nothing begins. */
  leaving = false

  constructor(facts: ExecutionFacts, deps: EngineDependencies) {
    this.facts = facts
    this.deps = deps
    this.index = facts.index
    this.stepCount = facts.index.stepCount
    this.#recorded = facts.index.passable
    // A fork begins in the middle.
    this.#caughtUp = facts.claim.cause === 'start' && this.#recorded === 0
    this.#began = deps.clock.monotonic()
    this.#closedPromise = new Promise((resolve) => (this.#resolveClosed = resolve))
    this.root = new Scope({
      path: '',
      parent: null,
      state: new StateView(null, facts.index.created?.state),
      step: null,
      interrupt: this.#signal,
    })
    this.parking = new Parking(this)
    this.budgets = new Budgets(this)
    this.mailbox = new Mailbox(this)
    this.matcher = new EventMatcher(this)
    const { started_at, created_at } = facts.claim.run
    const beganAt = facts.index.created?.forkedFrom?.beganAt ?? started_at ?? created_at
    this.loop = new DeliveryLoop(beganAt, () => this.#quiescent())
    this.journal = new Journal({
      store: deps.store,
      clock: deps.clock,
      runId: this.runId,
      ownerToken: facts.claim.ownerToken,
      seen: facts.index.sequence,
      lazyCommitMs: deps.settings.lazyCommitMs,
      onEvent: (event) => this.#applied(event),
      onRest: () => this.parking.consider(),
      onStuck: (error) =>
        deps.files.log({
          runId: this.runId,
          stepId: null,
          stepNumber: null,
          stepName: null,
          level: 'warn',
          message: `The run stands still and loses nothing: ${error.message} It goes on by itself. [${error.code}]`,
          data: null,
        }),
      onRefused: (error) => this.fail(error),
      onLost: (error) =>
        WorkflowError.has(error, 'OWNERSHIP_LOST', 'RUN_FINISHED', 'STORE_CLOSED', 'STORE_REPLACED')
          ? this.close('lost')
          : this.fail(error),
    })
  }

  get runId(): string {
    return this.facts.claim.run.id
  }

  /** The id that derived values come from at this place of the code: a fork goes on with those of its original. */
  get identity(): string {
    return identityAt(this.runId, this.index.created?.forkedFrom, this.loop.sequence)
  }

  /** The run's own signal: aborts on cancel, park and loss. */
  get signal(): AbortSignal {
    return this.#signal.signal
  }

  /** Resolves when this incarnation is over. */
  get whenClosed(): Promise<CloseReason> {
    return this.#closedPromise
  }

  get failure(): WorkflowError | null {
    return this.#failure
  }

  /** Whether the code has not yet passed everything that an earlier incarnation did. */
  get replaying(): boolean {
    return !this.#caughtUp && this.#passed < this.#recorded
  }

  /** The code has come to a call that the journal knows. */
  passed(key: string): void {
    this.#passed++
    this.facts.watch?.passed(key)
  }

  /** Running time of the run so far, in milliseconds (S2); it ends with this incarnation. */
  activeMs(): number {
    const until = this.#endedAt ?? this.deps.clock.monotonic()
    return Math.round(this.facts.claim.run.active_ms + until - this.#began)
  }

  /** ISO time `delayMs` from now. */
  isoAfter(delayMs: number): string {
    return new Date(this.deps.clock.now() + delayMs).toISOString()
  }

  nextStepNumber(): number {
    return ++this.stepCount
  }

  entered(call: AnyCall): void {
    this.calls.set(call.key, call)
    this.counts.staged++
    this.entries++
    this.parking.disturb()
  }

  left(call: AnyCall): void {
    this.calls.delete(call.key)
  }

  counted(from: CallStatus, to: CallStatus): void {
    this.counts[from.is]--
    this.counts[to.is]++
    if (from.is === 'live' && to.is !== 'live' && this.loop.quiescent) this.parking.consider()
  }

  /** Calls `fn` once after the delay, unless the execution is over by then. */
  timer(delayMs: number, fn: () => void): () => void {
    const cancel = this.deps.clock.setTimer(Math.max(0, delayMs), () => {
      this.#timers.delete(stop)
      if (this.closed === null) fn()
    })
    const stop = (): void => {
      this.#timers.delete(stop)
      cancel()
    }
    this.#timers.add(stop)
    return stop
  }

  /** Calls `fn` once when the clock reaches `at`, in milliseconds since 1970, also where it jumps meanwhile. */
  timerAt(at: number, fn: () => void): () => void {
    const { clock } = this.deps
    let cancel = (): void => {}
    const arm = (): void => {
      cancel()
      cancel = this.timer(at - clock.now(), () => {
        // Set back meanwhile: the time that was written down counts.
        if (clock.now() < at) return arm()
        this.#clockTimers.delete(arm)
        fn()
      })
    }
    this.#clockTimers.add(arm)
    arm()
    return () => {
      this.#clockTimers.delete(arm)
      cancel()
    }
  }

  /** The clock shows another time than the time that passed: what ends at a time is measured anew. */
  clockMoved(): void {
    for (const arm of [...this.#clockTimers]) arm()
  }

  /** Commits events that nobody waits for; a refusal fails the run. */
  write(...events: readonly NewJournalEvent[]): void {
    this.journal.commit(...events).catch((error: unknown) => this.fail(error as WorkflowError))
  }

  /** Keeps track of something that runs. */
  track<T>(work: Promise<T>): Promise<T> {
    this.effects.add(work)
    const done = (): void => void this.effects.delete(work)
    work.then(done, done)
    return work
  }

  /** Makes the run fail, whatever its code does with the error. */
  fail(error: WorkflowError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.onFailure(error)
  }

  /** Aborts `ctx.signal` because the run is asked to stop. */
  abortSignal(reason: unknown): void {
    this.#signal.abort(reason)
  }

  /** Interrupts what runs, so that another worker goes on with it; what it still has to say can be written. */
  interrupt(): void {
    this.leaving = true
    this.loop.close()
    const why = new CancelledError(`Run ${this.runId} goes on in another process.`)
    this.#signal.abort(why)
    for (const interrupt of this.interrupts) interrupt.abort(why)
  }

  /** Ends this incarnation: its promises never settle, its timers are gone, what runs is aborted (S4). */
  close(reason: CloseReason): void {
    if (this.closed !== null) return
    this.closed = reason
    this.#endedAt = this.deps.clock.monotonic()
    this.loop.close()
    this.journal.close()
    for (const cancel of [...this.#timers]) cancel()
    if (reason === 'parked') for (const hook of this.onParkHooks) quietly(hook)
    const why =
      reason === 'parked' ? 'parked' : new CancelledError(`Run ${this.runId} left this process (${reason}).`)
    this.#signal.abort(why)
    for (const interrupt of this.interrupts) interrupt.abort(why)
    this.#resolveClosed(reason)
  }

  #applied(event: JournalEvent): void {
    const { key, settles } = this.index.apply(event)
    if (event.type === 'run.killed') {
      this.close('killed')
      return
    }
    if (event.type === 'run.cancel-requested') this.offerCancel()
    if (event.type === 'event.received') this.matcher.match()
    if (NUDGES.has(event.type)) for (const call of [...this.calls.values()]) call.lookAgain()
    if (MONEY.has(event.type)) this.budgets.look()
    if (event.type === 'message.added') this.mailbox.look()
    if (event.type === 'agent.takeover-requested') this.onTakeover.get(event.payload.stepKey)?.()
    if (SHARED_MONEY.has(event.type)) this.budgets.lookAgain()
    const record: CallRecord | undefined = key === null ? undefined : this.index.get(key)
    if (settles && record !== undefined && key !== null) this.calls.get(key)?.touched(record)
    this.parking.consider()
  }

  /** Queues the delivery of a cancel request at its place in the journal. */
  offerCancel(): void {
    const request = this.index.cancelRequested
    if (request === null || this.cancelling !== null) return
    const { sequence, timestamp, payload } = request
    this.loop.offer({
      sequence,
      timestamp,
      deliver: () => {
        if (this.cancelling !== null) return
        this.cancelling = payload.reason
        this.onCancel()
      },
    })
  }

  #quiescent(): void {
    this.#caughtUp = true
    this.matcher.match()
    this.parking.consider()
    this.facts.watch?.quiet()
  }
}

function quietly(fn: () => void): void {
  try {
    fn()
  } catch {
    // A hook of the author must not keep the run from parking.
  }
}
