import {
  BudgetExceededError,
  CancelledError,
  StepError,
  toErrorRecord,
  WorkflowError,
  type ErrorRecord,
  type WaitingFor,
} from '@holdfast/workflow-sdk'
import { journalEvent, type NewJournalEvent, type StoredValue } from '@holdfast/workflow-sdk/journal'
import { afterExcess, openExcess } from '../budgets/askAboutBudget.ts'
import { BaseCall } from '../calls/BaseCall.ts'
import type { Execution } from '../execution/Execution.ts'
import type { Place, StepPhase, StepRecord, StepResult } from '../journal/records.ts'
import { Interrupt } from '../scopes/Interrupt.ts'
import type { Scope } from '../scopes/Scope.ts'
import { handOver, openHandOver } from '../takeover/handOver.ts'
import { TakenOver } from '../takeover/TakenOver.ts'
import { fromStored, toStored } from '../values/stored.ts'
import { runAttempt, type AttemptOutcome } from './attempt.ts'
import { CallSite } from './CallSite.ts'
import { askBreaker, isRepeated } from './askBreaker.ts'
import { askAboutFailure, failureKind, goOnAfterInterruption, questionKey } from './engineQuestions.ts'
import { heldBack, quotaDetail } from './heldBack.ts'
import { nextAttemptDelay, quotaReset } from './retry.ts'
import type { Interrupted, StepSpec } from './StepSpec.ts'

/** A step: its attempts, one after the other, until one of them ends it. */
export class StepCall<T> extends BaseCall<T, StepRecord> {
  readonly spec: StepSpec
  /** Ends the attempt that runs. */
  #interrupt: Interrupt | null = null
  #cancelled: string | null = null
  #ended: (() => void) | null = null
  /** Nothing carries it on any more, and its end is not written: the run fails. */
  #broke = false
  #cancelDelay: (() => void) | null = null
  /** Ends a wait for something outside of the run, to look again. */
  #lookAgain: (() => void) | null = null
  stepNumber = 0
  /** Tree of the workspace before the last attempt that kept one (W4). */
  treeBefore: string | null = null
  /** Attempts that only waited for the quota of a provider. */
  quotaWaits = 0
  /** Session that the next attempt goes on with, because its provider held it up; null: none. */
  heldSessionId: string | null = null
  /** Whether the attempt goes on with the work of one that its provider's quota held up. */
  goesOnAfterQuota = false
  /** Not of `ctx.run`: what its function throws tells its own place. */
  readonly #site: CallSite | null

  constructor(x: Execution, scope: Scope, key: string, spec: StepSpec) {
    super(x, scope, key)
    this.spec = spec
    const known = x.index.get(key)
    const isOver = known?.is === 'step' && known.result !== null
    this.#site = spec.kind === 'run' || isOver ? null : new CallSite(StepCall)
  }

  protected get identity(): { readonly is: 'step'; readonly hash: string } {
    return { is: 'step', hash: this.spec.hash }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return this.spec
  }

  resultPlace(record: StepRecord): Place | null {
    return record.result
  }

  deliver(record: StepRecord): void | Promise<void> {
    const { result } = record
    if (result === null) return
    if (result.how !== 'completed') {
      this.close()
      if (result.how === 'failed') this.reject(new StepError(record.name, result.error, result.attempt))
      else if (result.how === 'cancelled')
        this.reject(
          new CancelledError(`Step "${this.spec.name}" was cancelled: ${result.reason}`, {
            details: { key: this.key },
          }),
        )
      else this.resolve(undefined as T)
      return
    }
    const value = fromStored(result.output, this.x.deps.store)
    if (value instanceof Promise)
      return value.then(
        (loaded) => this.#complete(result, loaded as T),
        (error: unknown) => this.x.fail(error as WorkflowError),
      )
    this.#complete(result, value as T)
  }

  protected async giveUp(reason: string): Promise<void> {
    this.#cancelled = reason
    if (this.unstage() || this.#cancelDelay !== null) {
      this.#cancelDelay?.()
      this.status = { is: 'live' }
      await this.x.journal.commit(
        this.#cancelledEvent(this.x.index.get(this.key) as StepRecord | undefined, 0),
      )
      return
    }
    if (this.status.is === 'composite' || this.#broke) return
    const ended = new Promise<void>((resolve) => (this.#ended = resolve))
    this.#interrupt?.abort(new CancelledError(`Step "${this.spec.name}" was cancelled: ${reason}`))
    await ended
  }

  /** News for an attempt that waits for something outside, such as a child run. */
  onNews: (record: StepRecord) => void = () => {}

  protected override changed(record: StepRecord): void {
    this.onNews(record)
  }

  override lookAgain(): void {
    this.#lookAgain?.()
  }

  protected start(record: StepRecord | undefined): void {
    this.status = { is: 'live' }
    this.stepNumber = record?.stepNumber ?? this.x.nextStepNumber()
    this.#run(record).catch((error: unknown) => this.#break(error))
  }

  /** Fails the run, which ends what is open in it: nobody may wait for this step then. */
  #break(cause: unknown): void {
    this.#broke = true
    this.#ended?.()
    this.x.fail(
      WorkflowError.is(cause)
        ? cause
        : new WorkflowError('INTERNAL', `Step "${this.spec.name}" could not be carried out.`, { cause }),
    )
  }

  /** Invariant: each turn of the loop is one attempt, and ends in exactly one event that says how it went. */
  async #run(record: StepRecord | undefined): Promise<void> {
    let attempt = record?.attempt ?? 1
    let interrupted: Interrupted | null = record?.phase.at === 'running' ? record.phase : null
    this.treeBefore = record?.treeBefore ?? null
    this.quotaWaits = record?.quotaWaits ?? 0
    if (record?.phase.at === 'retrying') {
      if (!(await this.#pause(record.phase, attempt))) return
      if (quotaReset(record.phase.error) === record.phase.retryAt) await this.#holdSession()
      attempt++
    } else if (interrupted !== null) {
      const goesOn =
        (await openExcess(this, attempt)) ??
        (await openHandOver(this, attempt)) ??
        (await goOnAfterInterruption(this, attempt))
      if (!goesOn) return
      interrupted = await this.#goOn()
    }
    for (;;) {
      if (this.spec.calls !== undefined && !(await this.#untilLetThrough())) return
      const outcome = await this.#attempt(attempt, interrupted)
      interrupted = null
      if (this.x.closed !== null || (this.x.leaving && outcome.how === 'failed')) return
      if (outcome.how === 'completed')
        return this.end(
          journalEvent('step.completed', {
            key: this.key,
            attempt,
            ...outcome.result,
            durationMs: outcome.durationMs,
          }),
        )
      if (this.#cancelled !== null)
        return this.end(this.#cancelledEvent(undefined, outcome.durationMs, attempt))
      if (outcome.error instanceof BudgetExceededError && outcome.error.details.stepKey === this.key) {
        if (!(await afterExcess(this, attempt, outcome.error, outcome.durationMs))) return
        interrupted = await this.#goOn()
        continue
      }
      if (outcome.error instanceof TakenOver) {
        if (!(await handOver(this, attempt, outcome.error))) return
        interrupted = await this.#goOn()
        continue
      }
      const error = this.#placed(toErrorRecord(outcome.error))
      const quotaMs = this.#quotaDelay(error)
      const counted = attempt - this.quotaWaits
      const delayMs = quotaMs ?? nextAttemptDelay(this.spec.retry, counted, outcome.error, Math.random())
      const repeated = quotaMs === null && (await isRepeated(this, error))
      if (delayMs === null && this.spec.onFailure === 'fail')
        return this.end(
          journalEvent('step.failed', { key: this.key, attempt, error, durationMs: outcome.durationMs }),
        )
      const reset = quotaMs === null ? null : quotaReset(error)
      const retryAt = reset ?? this.x.isoAfter(delayMs ?? 0)
      const retrying = journalEvent('step.retrying', {
        key: this.key,
        attempt,
        error,
        durationMs: outcome.durationMs,
        retryAt,
      })
      if (repeated) {
        if (!(await askBreaker(this, attempt, error, [retrying]))) return
        this.#beginAnew()
      } else if (delayMs === null) {
        if (!(await askAboutFailure(this, attempt, error, [retrying]))) return
      } else {
        this.x.journal.add(retrying, ...(reset === null ? [] : this.#limited(error, reset)))
        if (!(await this.#delay(retryAt, reset === null ? 'retry' : 'quota'))) return
        if (reset === null) this.#beginAnew()
        else await this.#holdSession()
      }
      attempt++
    }
  }

  /** After a replay: the delay or the question between two attempts. Answers whether to go on. */
  #pause(phase: StepPhase & { readonly at: 'retrying' }, attempt: number): Promise<boolean> {
    if (this.x.index.get(questionKey(this.key, attempt, 'breaker')) !== undefined)
      return askBreaker(this, attempt, phase.error, [])
    const asked = this.x.index.get(questionKey(this.key, attempt, failureKind(phase.error))) !== undefined
    return asked
      ? askAboutFailure(this, attempt, phase.error, [])
      : this.#delay(phase.retryAt, quotaReset(phase.error) === phase.retryAt ? 'quota' : 'retry')
  }

  /** Tells every run that the quota of the provider is used up. */
  #limited(error: ErrorRecord, resetAt: string): NewJournalEvent[] {
    const { calls } = this.spec
    if (calls === undefined) return []
    const { quotaModel } = error.data
    const model = typeof quotaModel === 'string' ? quotaModel : null
    const { provider, account } = calls
    return [journalEvent('provider.limited', { stepKey: this.key, provider, account, model, resetAt })]
  }

  /** Waits as long as something outside of the run holds calls of the provider back. False when given up meanwhile. */
  async #untilLetThrough(): Promise<boolean> {
    for (;;) {
      const wait = this.#cancelled === null ? await heldBack(this) : null
      if (this.x.closed !== null || this.x.leaving) return false
      // A step that was given up meanwhile ends as an attempt that was ended before it began.
      if (wait === null || this.#cancelled !== null) return true
      if (!(await this.#wait(wait))) return false
    }
  }

  /** Milliseconds until a provider's quota is there again; null when the error is none about that, or it is there. */
  #quotaDelay(error: ErrorRecord): number | null {
    const reset = quotaReset(error)
    const delayMs = reset === null ? 0 : Date.parse(reset) - this.x.deps.clock.now()
    return delayMs > 0 ? delayMs : null
  }

  /** The next attempt has nothing of the last one. */
  #beginAnew(): void {
    this.heldSessionId = null
    this.goesOnAfterQuota = false
  }

  /** After a wait for a quota the session that it held up goes on. */
  async #holdSession(): Promise<void> {
    await this.x.journal.settled()
    const record = this.x.index.get(this.key)
    if (record?.is !== 'step' || record.phase.at !== 'retrying') return
    this.quotaWaits = record.quotaWaits
    this.heldSessionId = record.phase.agentSessionId
    this.goesOnAfterQuota = true
  }

  /** The attempt goes on in the session that was stopped; what it ran before a question about its budget counts. */
  async #goOn(): Promise<Interrupted | null> {
    await this.x.journal.settled()
    const phase = this.#running()
    if (phase === null || phase.stoppedAfterMs === null) return phase
    const goesOn = { ranMs: phase.stoppedAfterMs, activeMs: this.x.activeMs() }
    await this.x.journal.commit(journalEvent('step.updated', { key: this.key, goesOn }))
    return this.#running()
  }

  #running(): (StepPhase & { readonly at: 'running' }) | null {
    const record = this.x.index.get(this.key)
    return record?.is === 'step' && record.phase.at === 'running' ? record.phase : null
  }

  #attempt(attempt: number, interrupted: Interrupted | null): Promise<AttemptOutcome> {
    const interrupt = new Interrupt()
    this.#interrupt = interrupt
    if (this.#cancelled !== null)
      interrupt.abort(new CancelledError(`Step "${this.spec.name}" was cancelled: ${this.#cancelled}`))
    return runAttempt(this, attempt, interrupted, interrupt)
  }

  /** Waits for the next attempt; a long delay lets the run park. False when the step was given up meanwhile. */
  #delay(retryAt: string, reason: 'retry' | 'quota'): Promise<boolean> {
    const isOver = Date.parse(retryAt) <= this.x.deps.clock.now()
    if (isOver || (reason === 'quota' && this.#isReleased())) return Promise.resolve(this.#cancelled === null)
    const detail = reason === 'quota' ? quotaDetail(this) : `Step "${this.spec.name}" is tried again.`
    return this.#wait({
      reason,
      since: new Date(this.x.deps.clock.now()).toISOString(),
      until: retryAt,
      detail,
    })
  }

  /** Whether a person said since the quota was met that its provider may be called. */
  #isReleased(): boolean {
    const record = this.x.index.get(this.key)
    const { calls } = this.spec
    if (record?.is !== 'step' || record.phase.at !== 'retrying' || calls === undefined) return false
    const { sequence } = record.phase
    return this.x.index.releases.some(
      (one) => one.sequence > sequence && one.provider === calls.provider && one.account === calls.account,
    )
  }

  /** Waits until a time, or until there are news from outside where that is what it waits for. */
  #wait(waitingFor: WaitingFor & { readonly until: string }): Promise<boolean> {
    const { until, reason } = waitingFor
    return new Promise((resolve) => {
      this.status = { is: 'waiting', wakeAt: until, waitingFor }
      const stop = this.x.timerAt(Date.parse(until), () => goOn())
      const goOn = (): void => {
        stop()
        this.#cancelDelay = null
        this.#lookAgain = null
        this.status = { is: 'live' }
        resolve(true)
      }
      if (reason !== 'retry' && this.spec.calls !== undefined) this.#lookAgain = goOn
      this.#cancelDelay = () => {
        stop()
        this.#lookAgain = null
        resolve(false)
      }
      this.x.parking.consider()
    })
  }

  /** Ends the step with its last event. */
  async end(event: ReturnType<typeof journalEvent>): Promise<void> {
    try {
      await this.x.journal.commit(event)
    } catch (error) {
      if (event.type !== 'step.completed' || !WorkflowError.has(error, 'PAYLOAD_INVALID')) throw error
      const { attempt, durationMs } = event.payload
      await this.x.journal.commit(
        journalEvent('step.failed', {
          key: this.key,
          attempt,
          error: this.#placed(toErrorRecord(error)),
          durationMs,
        }),
      )
    } finally {
      // Whoever ends this step waits for it, also where its end could not be written.
      this.#ended?.()
    }
  }

  #placed(error: ErrorRecord): ErrorRecord {
    return this.#site?.addTo(error) ?? error
  }

  #complete(result: StepResult & { readonly how: 'completed' }, value: T): void {
    for (const change of result.state) this.scope.state.apply(change)
    this.close()
    this.resolve(value)
  }

  #cancelledEvent(
    record: StepRecord | undefined,
    durationMs: number,
    attempt = record?.attempt ?? 1,
  ): ReturnType<typeof journalEvent> {
    return journalEvent('step.cancelled', {
      key: this.key,
      attempt,
      reason: this.#cancelled ?? 'cancelled',
      durationMs,
    })
  }

  /** The stored form of an attempt's result. */
  store(value: unknown): StoredValue | Promise<StoredValue> {
    const what = `Step "${this.spec.name}" of run ${this.x.runId} returned a value`
    return toStored(value, what, this.x.deps.store, this.x.deps.settings)
  }
}
