import { Spending } from '../budgets/Spending.ts'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { LOST_KEY } from '../identity/keys.ts'
import type { EventOf, EventPayloads } from '@holdfast/workflow-sdk/journal'
import { Conversation } from '../messages/Conversation.ts'
import { SessionCopies } from './SessionCopies.ts'
import { SessionFiles } from './SessionFiles.ts'
import { applyStepEvent } from './stepEvents.ts'
import { isDecided } from '../approvals/decision.ts'
import type { CallRecord, PendingEvent, Place, StepRecord } from './records.ts'

/** What {@link JournalIndex.apply} answers: the record that the event touched, if any. */
export interface Applied {
  readonly key: string | null
  /** Whether the event settles the call under `key`. */
  readonly settles: boolean
}

const NOTHING: Applied = { key: null, settles: false }

/**
 * The journal of one run by call key: what is known of each call, and what came from outside. Events are
 * applied in order, once each; applying is pure book-keeping without effects.
 */
export class JournalIndex {
  readonly #records = new Map<string, CallRecord>()
  /** Received and not consumed, oldest first (S7). */
  readonly events: PendingEvent[] = []
  readonly #received = new Map<number, EventPayloads['event.received']>()
  /** Agent sessions of the run that this one was forked from, and the run's own copies of them. */
  readonly sessions = new SessionCopies()
  readonly sessionFiles = new SessionFiles()
  readonly conversation = new Conversation()
  /** By step: who wants the session of its agent and does not have it yet. */
  readonly takeoverRequests = new Map<string, { readonly by: string | null }>()
  readonly patches = new Map<string, number>()
  /** Ids of the model calls whose usage is in the journal, or on its way into it. */
  readonly #usageCalls = new Set<string>()
  /** Marks of the run: those it was started with and those set since. */
  readonly #tags = new Map<string, string>()
  /** What was used, and what people granted. */
  readonly spending = new Spending()
  /** Providers that people let be called before their reset. */
  readonly releases: (Place & { readonly provider: string; readonly account: string | null })[] = []
  created: EventPayloads['run.created'] | null = null
  workspace: EventPayloads['workspace.created'] | null = null
  /** Where the workspace was kept last. */
  lastTree: EventPayloads['checkpoint.taken'] | null = null
  cancelRequested: (Place & { readonly payload: EventPayloads['run.cancel-requested'] }) | null = null
  /** Take-overs since a step finished last (S1). */
  takeovers = 0
  stepCount = 0
  /** Version in force: that of the start, or of the last upgrade. */
  version = 0
  upgraded = false
  sequence = 0

  /** How many keys the code comes to again in a replay: what lies inside of a finished step is not made again. */
  get passable(): number {
    let count = 0
    for (const key of this.#records.keys())
      if (!this.#isInsideFinished(key) && !key.startsWith(LOST_KEY)) count++
    return count
  }

  /** Every mark of the run by name, as `metadata.tags` of its row shows them. */
  get tags(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#tags)
  }

  /** Notes that a model call was reported; false when it was before, by this process or an earlier one. */
  isNewUsage(callId: string): boolean {
    if (this.#usageCalls.has(callId)) return false
    this.#usageCalls.add(callId)
    return true
  }

  /** What is known under a key. */
  get(key: string): CallRecord | undefined {
    return this.#records.get(key)
  }

  /** Everything that lies under a key, in order of its first event. */
  records(): Iterable<CallRecord> {
    return this.#records.values()
  }

  /** Every step, in order of first start. */
  *steps(): Iterable<StepRecord> {
    for (const record of this.#records.values()) if (record.is === 'step') yield record
  }

  /** @throws WorkflowError `JOURNAL_CORRUPT` when a sequence is missing or twice. */
  apply(event: JournalEvent): Applied {
    if (event.sequence !== this.sequence + 1) {
      throw new WorkflowError(
        'JOURNAL_CORRUPT',
        `The journal of run ${event.runId} has event ${event.sequence} where ${this.sequence + 1} should be. Restore the store from a backup.`,
        { details: { runId: event.runId, sequence: event.sequence } },
      )
    }
    this.sequence = event.sequence
    const place: Place = { sequence: event.sequence, timestamp: event.timestamp }
    switch (event.type) {
      case 'run.created':
        this.created = event.payload
        this.spending.began(event.payload)
        this.conversation.apply(event, 0)
        this.version = event.payload.workflowVersion
        for (const [name, value] of Object.entries(event.payload.tags)) this.#tags.set(name, value)
        return NOTHING
      case 'run.upgraded':
        this.version = event.payload.workflowVersion
        this.upgraded = true
        return NOTHING
      case 'run.resumed':
        if (event.payload.cause === 'takeover') this.takeovers++
        return NOTHING
      case 'run.cancel-requested':
        this.cancelRequested ??= { ...place, payload: event.payload }
        return NOTHING
      case 'workspace.created':
        this.workspace = event.payload
        return NOTHING
      case 'message.added':
      case 'message.delivered':
      case 'message.answered':
        this.conversation.apply(event, this.created?.forkedFrom?.throughSequence ?? 0)
        return NOTHING
      case 'agent.takeover-requested':
        this.takeoverRequests.set(event.payload.stepKey, event.payload)
        return NOTHING
      case 'usage.recorded':
        if (event.payload.callId !== null) this.#usageCalls.add(event.payload.callId)
        this.spending.apply(event)
        return NOTHING
      case 'budget.exceeded':
        this.spending.apply(event)
        this.#stopped(event.payload)
        return NOTHING
      case 'budget.raised':
        this.spending.apply(event)
        return NOTHING
      case 'provider.released':
        this.releases.push({ ...place, provider: event.payload.provider, account: event.payload.account })
        return NOTHING
      case 'step.started':
      case 'step.updated':
      case 'step.retrying':
      case 'step.completed':
      case 'step.failed':
      case 'step.skipped':
      case 'step.cancelled':
      case 'agent.started':
      case 'agent.updated':
      case 'agent.completed':
      case 'checkpoint.taken':
      case 'child.started':
      case 'child.completed':
        return this.#step(event)
      case 'wait.started':
        this.#records.set(event.payload.key, {
          is: 'wait',
          key: event.payload.key,
          hash: event.payload.hash,
          startedSequence: event.sequence,
          until: event.payload.until,
          result: null,
        })
        return NOTHING
      case 'wait.satisfied':
        return this.#satisfied(event, place)
      case 'event.received':
        this.#received.set(event.sequence, event.payload)
        this.events.push({ ...place, payload: event.payload })
        return NOTHING
      case 'approval.requested':
      case 'approval.answered':
      case 'approval.confirmed':
      case 'approval.withdrawn':
        return this.#question(event, place)
      case 'comment.added':
      case 'artifact.created':
      case 'state.set':
        this.#records.set(event.payload.key, {
          is: 'note',
          key: event.payload.key,
          type: event.type,
          place,
          payload: event.payload,
        })
        return { key: event.payload.key, settles: true }
      case 'run.updated':
        if (event.payload.input !== undefined) this.#replaceInput(event.payload)
        if (event.payload.tag !== undefined) this.#tags.set(event.payload.tag.name, event.payload.tag.value)
        if (event.payload.patch !== undefined) this.patches.set(event.payload.patch, event.sequence)
        if (event.payload.key === undefined) return NOTHING
        this.#records.set(event.payload.key, {
          is: 'note',
          key: event.payload.key,
          type: event.type,
          place,
          payload: event.payload,
        })
        return { key: event.payload.key, settles: true }
      default:
        return NOTHING
    }
  }

  /** Keys of an attempt, of calls in it and of questions about it begin with the step's key and `@`. */
  #isInsideFinished(key: string): boolean {
    for (let at = key.indexOf('@'); at >= 0; at = key.indexOf('@', at + 1)) {
      const around = this.#records.get(key.slice(0, at))
      if (
        around?.is === 'step' &&
        around.result !== null &&
        around.kind !== 'scope' &&
        around.kind !== 'race'
      )
        return true
      // What the engine asked about a question whose files did not stay.
      if (around?.is === 'question' && (around.withdrawn !== null || isDecided(around))) return true
    }
    return false
  }

  #step(event: Parameters<typeof applyStepEvent>[1] | EventOf<'agent.completed'>): Applied {
    this.sessions.apply(event, this.created?.forkedFrom?.throughSequence ?? 0)
    this.sessionFiles.apply(event)
    if (event.type === 'agent.completed') return NOTHING
    const applied = applyStepEvent(this.#records, event)
    if (event.type === 'step.started') this.spending.apply(event)
    if (event.type === 'step.started' && applied.isNew)
      this.stepCount = Math.max(this.stepCount, event.payload.stepNumber)
    if (event.type === 'step.completed') this.takeovers = 0
    if (event.type === 'checkpoint.taken') this.lastTree = event.payload
    return { key: applied.key, settles: applied.settles }
  }

  /** The attempt that was stopped because of a budget has run for so long. */
  #stopped({ detail, ranMs }: EventPayloads['budget.exceeded']): void {
    const step = this.#records.get(detail.stepKey)
    if (step?.is === 'step' && step.phase.at === 'running' && ranMs !== undefined)
      step.phase = { ...step.phase, stoppedAfterMs: ranMs }
  }

  /** A debounced start came after the one that made the run. */
  #replaceInput({ input, taskInput }: EventPayloads['run.updated']): void {
    if (this.created === null || input === undefined) return
    this.created = { ...this.created, input, taskInput: taskInput ?? this.created.taskInput }
  }

  #satisfied(event: EventOf<'wait.satisfied'>, place: Place): Applied {
    const record = this.#records.get(event.payload.key)
    if (record?.is !== 'wait' || record.result !== null) return NOTHING
    const { how, eventSequence } = event.payload
    const received = eventSequence === undefined ? null : (this.#received.get(eventSequence) ?? null)
    if (eventSequence !== undefined) {
      const index = this.events.findIndex((pending) => pending.sequence === eventSequence)
      if (index >= 0) this.events.splice(index, 1)
    }
    record.result = { ...place, how: how === 'child' ? 'event' : how, event: received }
    return { key: record.key, settles: true }
  }

  #question(
    event: EventOf<'approval.requested' | 'approval.answered' | 'approval.confirmed' | 'approval.withdrawn'>,
    place: Place,
  ): Applied {
    const record = this.#records.get(event.payload.key)
    if (event.type === 'approval.requested') {
      const { key, hash, revision, until, boundTo, because } = event.payload
      if (event.payload.kind === 'takeover') this.takeoverRequests.delete(event.payload.stepKey ?? '')
      if (record?.is === 'question') {
        record.revision = revision
        record.until = until
        if (boundTo !== undefined) record.shown.set(revision, boundTo)
        if (because !== undefined) {
          record.reopened++
          record.since = place.timestamp
        }
        return NOTHING
      }
      this.#records.set(key, {
        is: 'question',
        key,
        hash,
        revision,
        until,
        since: place.timestamp,
        answers: new Map(),
        shown: new Map(boundTo === undefined ? [] : [[revision, boundTo]]),
        reopened: 0,
        confirmed: null,
        withdrawn: null,
      })
      return NOTHING
    }
    if (record?.is !== 'question' || record.withdrawn !== null) return NOTHING
    if (event.type === 'approval.confirmed') {
      record.confirmed ??= { ...place, revision: event.payload.revision }
      return { key: record.key, settles: true }
    }
    if (event.type === 'approval.withdrawn') {
      const { reason, error = null } = event.payload
      if (isDecided(record)) {
        // A no that was given while the next revision was being written: that one is withdrawn.
        if (record.shown.size > 0) record.withdrawn = { ...place, reason, error }
        return NOTHING
      }
      record.withdrawn = { ...place, reason, error }
      return { key: record.key, settles: true }
    }
    const { revision, approved, answer, comment, by, how } = event.payload
    if (record.answers.has(revision)) return NOTHING
    const given = { ...place, revision, approved, answer, comment, by, how }
    record.answers.set(revision, given)
    this.spending.answered(record.key, given)
    return { key: record.key, settles: true }
  }
}
