import {
  CancelledError,
  toErrorRecord,
  WorkflowError,
  type Approval,
  type ErrorCode,
  type ErrorRecord,
} from '@holdfast/workflow-sdk'
import {
  journalEvent,
  type Covers,
  type NewJournalEvent,
  type ShownTree,
} from '@holdfast/workflow-sdk/journal'
import { BaseCall } from '../calls/BaseCall.ts'
import { inWorkspace } from '../effects/confirmWorkspace.ts'
import { workspaceOf } from '../effects/workspaceOf.ts'
import type { Execution } from '../execution/Execution.ts'
import { callHash } from '../identity/keys.ts'
import type { Place, QuestionRecord } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'
import { approvalBody, changeBetween, emptyTreeLike } from './approvalBody.ts'
import { askAboutRestless } from './askAboutRestless.ts'
import { decisionOf } from './decision.ts'
import { lookAtTree } from './lookAtTree.ts'

/** What is to be approved. */
export interface ApprovalSpec {
  readonly name: string
  readonly title: string
  readonly body: string
  readonly timeoutMs: number | null
  readonly onTimeout: 'reject' | 'approve' | 'fail'
  /** The files that a yes is about; null: it holds whatever becomes of them. */
  readonly covers: Covers | null
  readonly showDiff: boolean
  readonly stepKey: string | null
}

/**
 * A question that is answered by yes or no (P1). Invariants of one whose yes is bound to files:
 * - a yes counts once `approval.confirmed` stands in the journal, which is written when the files were looked at and
 *   are those that its revision showed; a replay finds it there and looks at nothing.
 * - other files make the next revision, and what was answered to the one before never counts.
 * - a no counts at once.
 */
export class ApprovalCall extends BaseCall<Approval, QuestionRecord> {
  readonly #spec: ApprovalSpec
  #cancelTimer: (() => void) | null = null
  #looking = false
  #gaveUp = false
  #asked = false

  constructor(x: Execution, scope: Scope, key: string, spec: ApprovalSpec) {
    super(x, scope, key)
    this.#spec = spec
  }

  protected get identity(): { readonly is: 'question'; readonly hash: string } {
    return { is: 'question', hash: callHash('approval') }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return { kind: 'approval', name: this.#spec.name }
  }

  resultPlace(record: QuestionRecord): Place | null {
    return decisionOf(record)?.place ?? record.withdrawn
  }

  deliver(record: QuestionRecord): void {
    this.#cancelTimer?.()
    this.close()
    const answer = decisionOf(record)?.answer
    if (answer === undefined) {
      this.reject(withdrawnError(record, this.#spec.title))
      return
    }
    // A no that came while the next revision was being written.
    if (answer.revision < record.revision && record.withdrawn === null && record.confirmed === null)
      this.x.write(journalEvent('approval.withdrawn', { key: this.key, reason: 'It was answered before.' }))
    if (answer.how === 'time' && this.#spec.onTimeout === 'fail')
      this.reject(
        new WorkflowError('WAIT_TIMED_OUT', `Nobody answered "${this.#spec.title}" in time.`, {
          details: { key: this.key },
        }),
      )
    else {
      const { approved, by, comment } = answer
      this.resolve({ approved, by, comment, key: this.key })
    }
  }

  protected start(record: QuestionRecord | undefined): void {
    if (this.#isBound(record)) this.#look()
    else {
      const until = record === undefined ? this.#until() : record.until
      if (record === undefined) this.x.write(this.#request(1, this.#spec.body, until, {}))
      this.#wait(until, record?.since)
    }
  }

  /** An answer that does not count yet, or a wish that everything be looked at again. */
  protected override changed(): void {
    if (this.status.is === 'waiting' || this.status.is === 'live') this.#look()
  }

  /** Looks at the files again while it waits. */
  override lookAgain(): void {
    if (this.status.is === 'waiting' && this.#isBound(this.#record())) this.#look()
  }

  protected async giveUp(reason: string): Promise<void> {
    this.unstage()
    this.#gaveUp = true
    this.#cancelTimer?.()
    this.status = { is: 'live' }
    await this.#withdraw(reason)
  }

  #isBound(record: QuestionRecord | undefined): boolean {
    return record === undefined ? this.#spec.covers !== null : record.shown.has(record.revision)
  }

  #look(): void {
    if (this.#looking || this.#gaveUp) return
    this.#looking = true
    this.#cancelTimer?.()
    this.status = { is: 'live' }
    this.#compare()
      .catch((error: unknown) => this.#fail(error))
      .catch((error: unknown) => this.x.fail(error as WorkflowError))
  }

  /** Until the files are those that the present revision shows; then it waits, or its yes counts. */
  async #compare(): Promise<void> {
    for (;;) {
      const record = this.#record()
      const revision = record?.revision ?? 0
      const before = record?.shown.get(revision) ?? null
      const covers = before?.covers ?? this.#spec.covers ?? 'tree'
      const look = {
        path: this.x.facts.workspacePath,
        covers,
        name: { runId: this.x.runId, stepId: `approval-${this.key}-${revision + 1}` },
        last: before ?? this.x.lastSnapshot,
      }
      const seen = await this.x.track(inWorkspace(this.x, () => lookAtTree(workspaceOf(this.x), look)))
      if (this.#isOver()) return
      if ((this.#record()?.revision ?? 0) !== revision) continue
      if (before === null || seen.fingerprint !== before.fingerprint) {
        if (before !== null && !(await this.#mayAskAgain())) return
        const body = await this.x.track(this.#body(before, seen))
        if (this.#isOver()) return
        await this.x.journal.commit(
          this.#request(revision + 1, body, this.#until(), {
            boundTo: seen,
            ...(before === null ? {} : { because: 'files-changed' }),
          }),
        )
        if (this.#isOver()) return
      } else if (this.#record()?.answers.has(revision) === true) {
        await this.x.journal.commit(journalEvent('approval.confirmed', { key: this.key, revision }))
        return
      }
      if (this.#record()?.answers.has(this.#record()?.revision ?? 0) === true) continue
      this.#looking = false
      this.#wait(this.#record()?.until ?? null, this.#record()?.since)
      return
    }
  }

  /** The files do not stay: a person says whether to ask on. */
  async #mayAskAgain(): Promise<boolean> {
    const record = this.#record()
    if (record === undefined) return true
    this.status = { is: 'composite' }
    const again = await askAboutRestless(this, this.#spec, record.reopened)
    this.status = { is: 'live' }
    if (again || this.#isOver()) return again && !this.#isOver()
    throw new WorkflowError(
      'APPROVAL_CHANGED',
      `"${this.#spec.title}" was given up: the files changed ${record.reopened} times while it was asked.`,
      { details: { key: this.key, reopened: record.reopened } },
    )
  }

  async #body(before: ShownTree | null, seen: ShownTree): Promise<string> {
    const { body, showDiff } = this.#spec
    const path = this.x.facts.workspacePath
    const workspace = workspaceOf(this.x)
    const since =
      before === null
        ? null
        : await changeBetween(workspace, path, { from: before.treeId, to: seen.treeId, patch: !showDiff })
    const from = this.x.index.workspace?.git.initialCommit ?? emptyTreeLike(seen)
    const diff = showDiff
      ? await changeBetween(workspace, path, { from, to: seen.treeId, patch: true })
      : null
    return approvalBody(body, { since, diff: diff === 'unknown' ? null : diff })
  }

  /** The look itself failed: so does the call, and a replay finds that in the journal. */
  async #fail(error: unknown): Promise<void> {
    if (this.#isOver()) return
    this.#gaveUp = true
    await this.#withdraw('The files could not be looked at.', toErrorRecord(error))
  }

  async #withdraw(reason: string, error?: ErrorRecord): Promise<void> {
    const first =
      this.#record() === undefined && !this.#asked ? [this.#request(1, this.#spec.body, null, {})] : []
    const withdrawn = { key: this.key, reason, ...(error === undefined ? {} : { error }) }
    await this.x.journal.commit(...first, journalEvent('approval.withdrawn', withdrawn))
  }

  #isOver(): boolean {
    const record = this.#record()
    return (
      this.#gaveUp ||
      this.x.closed !== null ||
      this.x.leaving ||
      (record !== undefined && this.resultPlace(record) !== null)
    )
  }

  #record(): QuestionRecord | undefined {
    const record = this.x.index.get(this.key)
    return record?.is === 'question' ? record : undefined
  }

  #until(): string | null {
    return this.#spec.timeoutMs === null ? null : this.x.isoAfter(this.#spec.timeoutMs)
  }

  #wait(until: string | null, since = new Date(this.x.deps.clock.now()).toISOString()): void {
    this.status = {
      is: 'waiting',
      wakeAt: until,
      waitingFor: { reason: 'approval', since, until, detail: this.#spec.title },
    }
    if (until !== null) this.#cancelTimer = this.x.timerAt(Date.parse(until), () => this.#elapsed())
  }

  #elapsed(): void {
    if (this.status.is !== 'waiting') return
    this.status = { is: 'live' }
    this.x.write(
      journalEvent('approval.answered', {
        key: this.key,
        revision: this.#record()?.revision ?? 1,
        approved: this.#spec.onTimeout === 'approve',
        answer: null,
        comment: 'Nobody answered in time.',
        by: null,
        how: 'time',
      }),
    )
  }

  #request(
    revision: number,
    body: string,
    until: string | null,
    more: { readonly boundTo?: ShownTree; readonly because?: 'files-changed' },
  ): NewJournalEvent {
    this.#asked = true
    const { name, title, timeoutMs, onTimeout, stepKey } = this.#spec
    return journalEvent('approval.requested', {
      key: this.key,
      kind: 'approval',
      name,
      title,
      body,
      revision,
      hash: this.identity.hash,
      until,
      onTimeout: timeoutMs === null ? null : onTimeout,
      answerSchema: null,
      choices: [],
      stepKey,
      ...more,
    })
  }
}

function withdrawnError({ withdrawn, key }: QuestionRecord, title: string): Error {
  const error = withdrawn?.error ?? null
  if (error === null)
    return new CancelledError(`The question "${title}" was withdrawn.`, { details: { key } })
  return new WorkflowError((error.code ?? 'INTERNAL') as ErrorCode, error.message, { details: { key } })
}
