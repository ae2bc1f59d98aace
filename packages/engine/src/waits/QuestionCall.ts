import { CancelledError, WorkflowError, type WaitReason } from '@holdfast/workflow-sdk'
import {
  journalEvent,
  type ApprovalKind,
  type Json,
  type NewJournalEvent,
} from '@holdfast/workflow-sdk/journal'
import { BaseCall } from '../calls/BaseCall.ts'
import type { Execution } from '../execution/Execution.ts'
import { callHash } from '../identity/keys.ts'
import type { AnswerRecord, Place, QuestionRecord } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'

/** A question to people. */
export interface QuestionSpec<T> {
  readonly kind: ApprovalKind
  readonly name: string
  readonly title: string
  readonly body: string
  readonly timeoutMs: number | null
  readonly onTimeout: 'reject' | 'approve' | 'fail'
  readonly answerSchema: Json
  readonly choices: readonly string[]
  readonly stepKey: string | null
  /** ISO time at which the run looks again although nobody answered; default: not by itself. */
  readonly looksAgainAt?: string | null
  /** Events that go in right before the question. */
  readonly before?: readonly NewJournalEvent[]
  /** Makes the result of an answer; throws an `ANSWER_INVALID` to ask again with the reason. */
  readonly accept: (answer: AnswerRecord) => T | Promise<T>
}

/** A question that waits for its answer; an answer that does not fit asks again with the next revision. */
export class QuestionCall<T> extends BaseCall<T, QuestionRecord> {
  readonly #spec: QuestionSpec<T>
  #revision = 1
  #cancelTimer: (() => void) | null = null

  constructor(x: Execution, scope: Scope, key: string, spec: QuestionSpec<T>) {
    super(x, scope, key)
    this.#spec = spec
  }

  protected get identity(): { readonly is: 'question'; readonly hash: string } {
    return { is: 'question', hash: callHash(this.#spec.kind) }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return this.#spec
  }

  resultPlace(record: QuestionRecord): Place | null {
    return record.answers.get(this.#revision) ?? record.withdrawn
  }

  deliver(record: QuestionRecord): void | Promise<void> {
    const answer = record.answers.get(this.#revision)
    if (answer === undefined) {
      this.#end(() =>
        this.reject(
          new CancelledError(`The question "${this.#spec.title}" was withdrawn.`, {
            details: { key: this.key },
          }),
        ),
      )
      return
    }
    if (answer.how === 'time' && this.#spec.onTimeout === 'fail') {
      this.#end(() =>
        this.reject(
          new WorkflowError('WAIT_TIMED_OUT', `Nobody answered "${this.#spec.title}" in time.`, {
            details: { key: this.key },
          }),
        ),
      )
      return
    }
    return this.#take(record, answer)
  }

  protected async giveUp(reason: string): Promise<void> {
    if (this.unstage() && this.x.index.get(this.key) === undefined)
      this.x.journal.add(...(this.#spec.before ?? []), this.#asked(this.#revision, null, this.#spec.body))
    this.#cancelTimer?.()
    this.status = { is: 'live' }
    await this.x.journal.commit(journalEvent('approval.withdrawn', { key: this.key, reason }))
  }

  protected start(record: QuestionRecord | undefined): void {
    if (record !== undefined && record.revision >= this.#revision) {
      this.#wait(record.until, record.since)
      return
    }
    const until = this.#spec.timeoutMs === null ? null : this.x.isoAfter(this.#spec.timeoutMs)
    this.x.write(...(this.#spec.before ?? []), this.#asked(this.#revision, until, this.#spec.body))
    this.#wait(until, new Date(this.x.deps.clock.now()).toISOString())
  }

  async #take(record: QuestionRecord, answer: AnswerRecord): Promise<void> {
    try {
      const value = await this.#spec.accept(answer)
      this.#end(() => this.resolve(value))
    } catch (error) {
      if (!WorkflowError.has(error, 'ANSWER_INVALID')) {
        this.#end(() => this.reject(error))
        return
      }
      this.#askAgain(record, error)
    }
  }

  #askAgain(record: QuestionRecord, error: WorkflowError): void {
    this.#revision++
    const place = this.resultPlace(record)
    if (place !== null) {
      this.offer(record, place)
      return
    }
    const until = record.until
    if (record.revision < this.#revision) {
      const body = `${this.#spec.body}\n\nThe last answer was not accepted: ${error.message}`.trim()
      this.x.write(this.#asked(this.#revision, until, body))
    }
    this.#wait(until, new Date(this.x.deps.clock.now()).toISOString())
  }

  #wait(until: string | null, since: string): void {
    const reason: WaitReason = this.#spec.kind
    this.status = {
      is: 'waiting',
      wakeAt: until ?? this.#spec.looksAgainAt ?? null,
      waitingFor: { reason, since, until, detail: this.#spec.title },
    }
    if (until !== null) this.#cancelTimer = this.x.timerAt(Date.parse(until), () => this.#elapsed())
  }

  #elapsed(): void {
    if (this.status.is !== 'waiting') return
    this.status = { is: 'live' }
    this.x.write(
      journalEvent('approval.answered', {
        key: this.key,
        revision: this.#revision,
        approved: this.#spec.onTimeout === 'approve',
        answer: null,
        comment: 'Nobody answered in time.',
        by: null,
        how: 'time',
      }),
    )
  }

  #end(settle: () => void): void {
    this.#cancelTimer?.()
    this.close()
    settle()
  }

  #asked(revision: number, until: string | null, body: string): NewJournalEvent {
    const { kind, name, title, timeoutMs, onTimeout, answerSchema, choices, stepKey } = this.#spec
    return journalEvent('approval.requested', {
      key: this.key,
      kind,
      name,
      title,
      body,
      revision,
      hash: this.identity.hash,
      until,
      onTimeout: timeoutMs === null ? null : onTimeout,
      answerSchema,
      choices,
      stepKey,
    })
  }
}
