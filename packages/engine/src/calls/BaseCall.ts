import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Staged } from '../delivery/DeliveryLoop.ts'
import type { Execution } from '../execution/Execution.ts'
import type { CallRecord, Place } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'
import type { Call, CallStatus } from './Call.ts'

/** What every durable call has in common: its key, its promise, and its way through the delivery loop. */
export abstract class BaseCall<T, R extends CallRecord> implements Call {
  readonly key: string
  readonly scope: Scope
  readonly x: Execution
  readonly promise: Promise<T>
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #status: CallStatus = { is: 'staged' }
  #staged: Staged | null = null
  #offered = false
  #cancelling: Promise<void> | null = null

  constructor(x: Execution, scope: Scope, key: string) {
    this.x = x
    this.scope = scope
    this.key = key
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve as (value: unknown) => void
      this.#reject = reject
    })
    // A rejection that nobody awaits any more (a lost race, an ended scope) is not the process's business (S5).
    this.promise.catch(() => {})
  }

  get status(): CallStatus {
    return this.#status
  }

  set status(next: CallStatus) {
    const before = this.#status
    // First the status: counting may park the run at once, with what its calls wait for.
    this.#status = next
    this.x.counted(before, next)
  }

  /** Enters the call: its result is delivered when the journal has one, otherwise it starts when the code is quiescent. */
  request(): Promise<T> {
    const record = this.x.index.get(this.key)
    if (record !== undefined) {
      this.checkSame(record)
      this.x.passed(this.key)
    }
    this.scope.enter(this)
    this.x.entered(this)
    const place = record === undefined ? null : this.resultPlace(record as R)
    const { watch } = this.x.facts
    if (place !== null) this.offer(record as R, place)
    else if (watch !== undefined) watch.stopAt({ key: this.key, ...this.label }, record)
    else this.#staged = this.x.loop.stage(() => this.#begin())
    return this.promise
  }

  /** The journal has something new under the key. */
  touched(record: CallRecord): void {
    const place = this.resultPlace(record as R)
    if (place !== null) this.offer(record as R, place)
    else this.changed(record as R)
  }

  abstract resultPlace(record: R): Place | null
  abstract deliver(record: R): void | Promise<void>

  /** Ends the call once, unless its result is on its way already. */
  cancel(reason: string): Promise<void> {
    if (this.#offered || this.#status.is === 'settled') return Promise.resolve()
    this.#cancelling ??= this.giveUp(reason)
    return this.#cancelling
  }

  /** Ends the call; resolves when its end is in the journal. */
  protected abstract giveUp(reason: string): Promise<void>

  /** Starts what has no result yet. */
  protected abstract start(record: R | undefined): void
  /** Kind and hash of the call, as the journal keeps them. */
  protected abstract readonly identity: { readonly is: CallRecord['is']; readonly hash: string }
  /** Kind and name of the call, for people. */
  protected abstract readonly label: { readonly kind: string; readonly name: string }
  /** News that is no result. */
  protected changed(_record: R): void {}

  /** A person or a look from outside wants that everything be looked at anew. */
  lookAgain(): void {}

  /** Withdraws the start; answers whether it had not begun. */
  protected unstage(): boolean {
    if (this.#staged === null || this.#status.is !== 'staged') return false
    this.#staged.dropped = true
    return true
  }

  protected resolve(value: T): void {
    this.#resolve(value)
  }

  protected reject(error: unknown): void {
    this.#reject(error)
  }

  /** The call is over: nothing of it is open any more. */
  protected close(): void {
    this.status = { is: 'settled' }
    this.scope.leave(this)
    this.x.left(this)
  }

  protected offer(record: R, place: Place): void {
    this.#offered = true
    this.x.loop.offer({
      sequence: place.sequence,
      timestamp: place.timestamp,
      deliver: () => {
        this.#offered = false
        return this.#status.is === 'settled' ? undefined : this.deliver(record)
      },
    })
  }

  #begin(): void {
    const record = this.x.index.get(this.key)
    this.start(record as R | undefined)
  }

  /** @throws WorkflowError `REPLAY_DIVERGED`, which also fails the run. */
  protected checkSame(record: CallRecord): void {
    const { is, hash } = this.identity
    const recorded = 'hash' in record ? record.hash : ''
    if (record.is === is && (recorded === hash || recorded === '' || hash === '')) return
    const error = new WorkflowError(
      'REPLAY_DIVERGED',
      `Run ${this.x.runId} did "${recorded === '' ? record.is : recorded}" at ${this.key}, but its code now asks for "${hash}". What a workflow does outside of steps must not depend on time, chance or changed code. Resume with the version that the run started with, or fork it.`,
      { details: { key: this.key, expected: recorded, actual: hash } },
    )
    this.x.fail(error)
    throw error
  }
}
