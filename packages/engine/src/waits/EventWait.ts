import type { ReceivedEvent, WaitReason } from '@holdfast/workflow-sdk'
import { CancelledError } from '@holdfast/workflow-sdk'
import { journalEvent, type EventPayloads, type Json } from '@holdfast/workflow-sdk/journal'
import { BaseCall } from '../calls/BaseCall.ts'
import type { Execution } from '../execution/Execution.ts'
import { callHash } from '../identity/keys.ts'
import type { Place, WaitRecord } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'
import type { MatchRule } from './matchRule.ts'

/** What a wait is for. */
export interface WaitSpec {
  readonly kind: 'timer' | 'event'
  /** Name of the event, or what to show. */
  readonly detail: string
  /** Milliseconds from the start of the wait; null waits without end. */
  readonly durationMs: number | null
  /** A fixed end, ISO; wins over `durationMs`. */
  readonly until?: string
  readonly match?: Json
  readonly accepts?: MatchRule
}

/** A durable timer or a wait for an event; resolves with the event, or null when the time came first. */
export class EventWait extends BaseCall<ReceivedEvent | null, WaitRecord> {
  readonly #spec: WaitSpec
  #cancelTimer: (() => void) | null = null
  #order = Number.MAX_SAFE_INTEGER

  constructor(x: Execution, scope: Scope, key: string, spec: WaitSpec) {
    super(x, scope, key)
    this.#spec = spec
  }

  /** Sequence of its `wait.started`: older waits are served first (S7). */
  get order(): number {
    return this.#order
  }

  protected get identity(): { readonly is: 'wait'; readonly hash: string } {
    return {
      is: 'wait',
      hash: callHash(this.#spec.kind === 'timer' ? 'timer' : `event ${this.#spec.detail}`),
    }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return { kind: this.#spec.kind, name: this.#spec.detail }
  }

  /** Whether a received event ends this wait. */
  accepts(event: EventPayloads['event.received']): boolean {
    return (
      this.#spec.kind === 'event' && event.name === this.#spec.detail && (this.#spec.accepts?.(event) ?? true)
    )
  }

  resultPlace(record: WaitRecord): Place | null {
    return record.result
  }

  deliver(record: WaitRecord): void {
    const { result } = record
    if (result === null) return
    this.#stopWaiting()
    this.close()
    if (result.how === 'cancelled')
      this.reject(
        new CancelledError(`The wait "${this.#spec.detail}" was ended.`, { details: { key: this.key } }),
      )
    else
      this.resolve(
        result.event === null
          ? null
          : { name: result.event.name, data: result.event.data, id: result.event.id },
      )
  }

  protected async giveUp(): Promise<void> {
    if (this.unstage() && this.x.index.get(this.key) === undefined) this.x.journal.add(this.#started(null))
    this.#stopWaiting()
    this.status = { is: 'live' }
    await this.x.journal.commit(journalEvent('wait.satisfied', { key: this.key, how: 'cancelled' }))
  }

  protected start(record: WaitRecord | undefined): void {
    const until = record === undefined ? this.#end() : record.until
    this.#order = record?.startedSequence ?? this.#newOrder()
    if (record === undefined) this.x.journal.add(this.#started(until))
    const reason: WaitReason = this.#spec.kind
    const since = new Date(this.x.deps.clock.now()).toISOString()
    this.status = {
      is: 'waiting',
      wakeAt: until,
      waitingFor: { reason, since, until, detail: this.#spec.detail },
    }
    if (until !== null) {
      const delayMs = Date.parse(until) - this.x.deps.clock.now()
      // An event that is there already counts, although its wait is over by the clock (S7).
      if (delayMs > 0) this.#cancelTimer = this.x.timerAt(Date.parse(until), () => this.#elapsed())
      else if (this.#spec.kind === 'timer') return this.#elapsed()
      else this.#cancelTimer = this.x.timer(0, () => this.#elapsed())
    }
    if (this.#spec.kind === 'event') this.x.matcher.add(this)
  }

  #end(): string | null {
    return (
      this.#spec.until ?? (this.#spec.durationMs === null ? null : this.x.isoAfter(this.#spec.durationMs))
    )
  }

  /** A wait that begins now comes after every one in the journal, in the order of the calls. */
  #newOrder(): number {
    return this.x.journal.seen + 1 + this.x.calls.size / 1e9
  }

  #started(until: string | null): ReturnType<typeof journalEvent> {
    const { kind, detail, match } = this.#spec
    return journalEvent('wait.started', {
      key: this.key,
      kind,
      hash: this.identity.hash,
      until,
      detail,
      ...(match === undefined ? {} : { match }),
    })
  }

  #elapsed(): void {
    if (this.status.is !== 'waiting') return
    this.#stopWaiting()
    this.status = { is: 'live' }
    this.x.write(journalEvent('wait.satisfied', { key: this.key, how: 'time' }))
  }

  #stopWaiting(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.x.matcher.remove(this)
  }
}
