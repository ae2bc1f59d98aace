import { randomUUID } from 'node:crypto'
import type { AppendReceipt, IWorkflowStore } from '@holdfast/store/contract'
import { type JournalEvent, WorkflowError } from '@holdfast/workflow-sdk'
import { persist } from './persist.ts'
import type { Clock } from '@holdfast/workflow-sdk/ports'
import { JOURNAL_SCHEMA_VERSION, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'

/** One commit that somebody waits for, or that rides along. */
interface Entry {
  readonly events: readonly NewJournalEvent[]
  readonly resolve: ((receipt: AppendReceipt) => void) | null
  readonly reject: ((error: unknown) => void) | null
}

/** What a journal needs from its run. */
export interface JournalOptions {
  readonly store: IWorkflowStore
  readonly clock: Clock
  readonly runId: string
  readonly ownerToken: string
  /** Sequence of the last event that is applied already. */
  readonly seen: number
  readonly lazyCommitMs: number
  /** Called for each event in order, own and foreign, as soon as it is durable. */
  readonly onEvent: (event: JournalEvent) => void
  /** Called whenever a write or read is over. */
  readonly onRest: () => void
  /** Called once per write or read that the store could not do and that is now tried until it can. */
  readonly onStuck: (error: WorkflowError) => void
  /** Called when the store does not take an event that nobody waits for, or no more events. */
  readonly onRefused: (error: WorkflowError) => void
  /** Called once when this owner may not write any more, or the run cannot go on. */
  readonly onLost: (error: WorkflowError) => void
}

/** Refusals of what is written, not of who writes: the run fails by them, and can still say so. */
const REFUSED = ['JOURNAL_TOO_LONG', 'RECORD_CONFLICT', 'EVENT_NOT_ALLOWED'] as const

/**
 * The owner's end of a run's journal.
 *
 * - J-a At most one append is on its way; what comes meanwhile goes together into the next.
 * - J-b Events are applied in sequence order: what others wrote in between is read first.
 * - J-c An append whose outcome is unknown is sent again under the same id.
 * - J-d Once closed, nothing is written, and what waits for a write is refused.
 */
export class Journal {
  #seen: number
  /** Makes the ids of this owner's appends: unique, and cheaper than a random one for each. */
  readonly #appendPrefix = `${randomUUID()}.`
  #appends = 0
  #outbox: Entry[] = []
  #sending: readonly Entry[] = []
  /** What waits to be sent alone, because one of several was not taken. */
  #alone: readonly Entry[] = []
  #busy = false
  /** Highest sequence that somebody has told of. */
  #announced = 0
  #urgent = false
  #held = false
  #closed = false
  #cancelLazy: (() => void) | null = null
  #idle: (() => void)[] = []
  readonly #options: JournalOptions

  constructor(options: JournalOptions) {
    this.#options = options
    this.#seen = options.seen
  }

  get #behind(): boolean {
    return this.#announced > this.#seen
  }

  /** Sequence of the last applied event. */
  get seen(): number {
    return this.#seen
  }

  /** Whether nothing waits to be written or read. */
  get isIdle(): boolean {
    return !this.#busy && !this.#behind && this.#outbox.length === 0
  }

  /** Adds events that ride in the next commit, at the latest after `lazyCommitMs`. */
  add(...events: readonly NewJournalEvent[]): void {
    if (this.#closed) return
    this.#outbox.push({ events, resolve: null, reject: null })
    this.#armLazy()
  }

  /**
   * Resolves when the events are durable and applied.
   * @throws WorkflowError `PAYLOAD_INVALID` when the store cannot keep them, `CONTEXT_CLOSED` when this owner's time is over.
   */
  commit(...events: readonly NewJournalEvent[]): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(closedError(this.#options.runId))
        return
      }
      this.#outbox.push({ events, resolve, reject })
      this.#urgent = true
      this.#start()
    })
  }

  /** Reads what others wrote, when there is something after `sequence`. */
  noticed(sequence: number): void {
    if (this.#closed || sequence <= this.#announced) return
    this.#announced = sequence
    // What is announced while an append is on its way is that append, or a gap that it finds (J-b).
    if (this.#behind) this.#start()
  }

  /** Whether nobody waits for a write or read; events that ride along may be there. */
  get onlyRiding(): boolean {
    return (
      !this.#busy && !this.#behind && !this.#held && this.#outbox.every((entry) => entry.resolve === null)
    )
  }

  /** Stops writing and takes the events that ride along, for a write that carries them itself (parking). */
  hold(): NewJournalEvent[] {
    const events = this.#outbox.flatMap((entry) => entry.events)
    this.#outbox = []
    this.#held = true
    this.#dropLazy()
    return events
  }

  /** Goes on writing after {@link hold}; `events` were not written and ride in the next commit. */
  release(events: readonly NewJournalEvent[]): void {
    this.#held = false
    if (events.length > 0) this.#outbox.unshift({ events, resolve: null, reject: null })
    if (this.#urgent || this.#behind) this.#start()
    else this.#armLazy()
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    if (this.isIdle || this.#closed) return
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve)
      this.#urgent = true
      this.#start()
    })
  }

  /** Ends all writing (J-d). */
  close(): void {
    this.#closed = true
    const error = closedError(this.#options.runId)
    for (const entry of [...this.#sending, ...this.#alone, ...this.#outbox]) entry.reject?.(error)
    this.#outbox = []
    this.#dropLazy()
    this.#settle()
  }

  #armLazy(): void {
    if (this.#busy || this.#held || this.#closed || this.#cancelLazy !== null || this.#outbox.length === 0)
      return
    this.#cancelLazy = this.#options.clock.setTimer(this.#options.lazyCommitMs, () => {
      this.#cancelLazy = null
      this.#urgent = true
      this.#start()
    })
  }

  #dropLazy(): void {
    this.#cancelLazy?.()
    this.#cancelLazy = null
  }

  #settle(): void {
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }

  #start(): void {
    if (this.#busy || this.#closed || this.#held) return
    this.#busy = true
    // One turn later, so that what many steps write in this turn is one append (J-a).
    setImmediate(() => void this.#run())
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed && !this.#held && (this.#urgent || this.#behind)) {
        this.#dropLazy()
        this.#urgent = false
        if (this.#outbox.length > 0) await this.#append(this.#outbox.splice(0))
        if (this.#behind) await this.#catchUp()
      }
    } catch (error) {
      this.#lose(error)
    } finally {
      this.#busy = false
    }
    if (this.#closed) return
    if (this.isIdle) this.#settle()
    else this.#armLazy()
    this.#options.onRest()
  }

  async #catchUp(): Promise<void> {
    const announced = this.#announced
    const events = await this.persist(() =>
      this.#options.store.listWorkflowEvents({ runId: this.#options.runId, afterSequence: this.#seen }),
    )
    for (const event of events) this.#apply(event)
    if (this.#announced === announced) this.#announced = this.#seen
  }

  async #append(entries: Entry[]): Promise<void> {
    const { store, runId, ownerToken } = this.#options
    this.#sending = entries
    const events = entries.flatMap((entry) => entry.events)
    const appendId = `${this.#appendPrefix}${this.#appends++}`
    let receipt: AppendReceipt
    try {
      receipt = await this.persist(() => store.appendAsOwner({ runId, ownerToken, appendId, events }))
    } catch (error) {
      this.#refused(entries, error)
      if (WorkflowError.has(error, 'PAYLOAD_INVALID') && entries.length > 1) {
        for (const [i, entry] of entries.entries()) {
          this.#alone = entries.slice(i + 1)
          await this.#append([entry])
          if (this.#closed) return
        }
      }
      return
    }
    if (this.#closed) return
    if (receipt.first > this.#seen + 1) await this.#readGap(receipt.first)
    let sequence = receipt.first
    for (const entry of entries) {
      const first = sequence
      for (const event of entry.events) this.#apply(this.#own(event, sequence++, receipt.timestamp))
      entry.resolve?.({ ...receipt, first, last: sequence - 1 })
    }
    this.#sending = []
  }

  /**
   * Tells who wrote what the store does not take; of several only the culprit, which is found one by one.
   * @throws The error again when it says that this owner may not write any more.
   */
  #refused(entries: readonly Entry[], error: unknown): void {
    const unfit = WorkflowError.has(error, 'PAYLOAD_INVALID')
    if (!unfit && !WorkflowError.has(error, ...REFUSED)) throw error
    if (unfit && entries.length > 1) return
    for (const entry of entries) entry.reject?.(error)
    if (!unfit || entries.some((entry) => entry.reject === null)) this.#options.onRefused(error)
  }

  /** What others wrote between the last applied event and `first` (J-b). */
  async #readGap(first: number): Promise<void> {
    const missing = first - this.#seen - 1
    const { store, runId } = this.#options
    const events = await this.persist(() =>
      store.listWorkflowEvents({ runId, afterSequence: this.#seen, limit: missing }),
    )
    for (const event of events) this.#apply(event)
  }

  #own(event: NewJournalEvent, sequence: number, timestamp: string): JournalEvent {
    return {
      runId: this.#options.runId,
      sequence,
      timestamp,
      schemaVersion: JOURNAL_SCHEMA_VERSION,
      ...event,
    }
  }

  #apply(event: JournalEvent): void {
    if (this.#closed || event.sequence <= this.#seen) return
    this.#seen = event.sequence
    this.#options.onEvent(event)
  }

  /** Makes a write that may be made twice, trying again while the store is away (J-c). */
  persist<T>(write: () => Promise<T>): Promise<T> {
    const { clock, onStuck } = this.#options
    return persist(write, { clock, onStuck, isOver: () => this.#closed })
  }

  #lose(error: unknown): void {
    if (this.#closed) return
    this.close()
    this.#options.onLost(
      WorkflowError.is(error)
        ? error
        : new WorkflowError('INTERNAL', 'Writing the journal failed unexpectedly.', { cause: error }),
    )
  }
}

function closedError(runId: string): WorkflowError {
  return new WorkflowError('CONTEXT_CLOSED', `Run ${runId} has left this process.`, { details: { runId } })
}
