import { CancelledError, StepError, toErrorRecord, WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent, type StepKind } from '@holdfast/workflow-sdk/journal'
import { BaseCall } from '../calls/BaseCall.ts'
import { cancelOpen } from '../execution/cancelOpen.ts'
import type { Execution } from '../execution/Execution.ts'
import { callHash } from '../identity/keys.ts'
import type { Place, StepRecord } from '../journal/records.ts'
import { nextAttemptDelay, type ResolvedRetry } from '../steps/retry.ts'
import { inScope } from './active.ts'
import { eitherOf } from './Interrupt.ts'
import { Scope } from './Scope.ts'

/** One branch of a scope call. */
export interface Branch {
  readonly label: string
  /** Last part of its scope's path, ending in `/`. */
  readonly path: (attempt: number) => string
  readonly body: (scope: Scope) => Promise<unknown>
}

/** What makes `scope`, `map`, `all` and `race` different from each other. */
export interface ScopeSpec<T> {
  readonly kind: Extract<StepKind, 'scope' | 'race'>
  readonly name: string
  readonly branches: readonly Branch[]
  readonly concurrency: number
  /** Null: one attempt. */
  readonly retry: ResolvedRetry | null
  /** The call's value, from the branches' values in their order; for a race with the winner's index. */
  readonly result: (values: readonly unknown[], winner: number) => T
}

type Settled =
  | { readonly ok: true; readonly winner: number }
  | { readonly ok: false; readonly error: unknown }

/**
 * Branches with scopes of their own. Their code runs anew in every replay; only how the call ended is in the
 * journal. Invariants:
 *
 * - C1 What is still open in the branches is ended, durably, before the call settles (S5).
 * - C2 A failure, a race's winner, and an end with open calls settle the call at their place in the journal;
 *   the quiet end of all branches settles it at once, which every replay does at the same point.
 * - C3 A later attempt begins at the place of its `step.started`.
 */
export class ScopeCall<T> extends BaseCall<T, StepRecord> {
  readonly #spec: ScopeSpec<T>
  #scopes: Scope[] = []
  #values: unknown[] = []
  #bodies: Promise<unknown>[] = []
  #controller = new AbortController()
  #quiet = true
  #stopDelay: (() => void) | null = null
  #stepNumber = 0

  constructor(x: Execution, scope: Scope, key: string, spec: ScopeSpec<T>) {
    super(x, scope, key)
    this.#spec = spec
  }

  protected get identity(): { readonly is: 'step'; readonly hash: string } {
    return { is: 'step', hash: callHash(this.#spec.kind) }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return this.#spec
  }

  /** Unlike other calls it begins at once: its body is code of the workflow, not an effect. */
  override request(): Promise<T> {
    const record = this.x.index.get(this.key)
    if (record !== undefined) {
      this.checkSame(record)
      this.x.passed(this.key)
    }
    this.scope.enter(this)
    this.x.entered(this)
    this.status = { is: 'composite' }
    const known = record as StepRecord | undefined
    this.#stepNumber = known?.stepNumber ?? this.x.nextStepNumber()
    if (known?.result != null && (known.result.how !== 'completed' || this.#spec.kind === 'race'))
      this.offer(known, known.result)
    if (known === undefined) this.x.journal.add(this.#started(1))
    this.#attempts().catch((error: unknown) =>
      this.x.fail(
        WorkflowError.is(error)
          ? error
          : new WorkflowError('INTERNAL', `Scope "${this.#spec.name}" could not be carried out.`, {
              cause: error,
            }),
      ),
    )
    return this.promise
  }

  resultPlace(record: StepRecord): Place | null {
    return record.result
  }

  deliver(record: StepRecord): void {
    const { result } = record
    if (result === null) return
    const { winner } = result.how === 'completed' ? (result.output.json as { winner: number }) : { winner: 0 }
    this.#quiet = false
    this.#leave()
    cancelOpen(this.#scopes, 'the scope around it ended').catch(() => {})
    if (result.how === 'completed')
      this.#bodies[winner]?.then(
        () => this.resolve(this.#spec.result(this.#values, winner)),
        (error: unknown) => this.x.fail(this.#diverged(error)),
      )
    else if (result.how === 'failed') this.reject(new StepError(record.name, result.error, result.attempt))
    else
      this.reject(new CancelledError(`"${this.#spec.name}" was cancelled.`, { details: { key: this.key } }))
  }

  #diverged(cause: unknown): WorkflowError {
    return new WorkflowError(
      'REPLAY_DIVERGED',
      `A branch of "${this.#spec.name}" that won before failed in a replay. What a workflow does outside of steps must not depend on time or chance.`,
      { details: { key: this.key }, cause },
    )
  }

  protected start(): void {}

  /** The calls inside are ended by themselves; only a delay between attempts is its own. */
  protected async giveUp(): Promise<void> {
    this.#stopDelay?.()
  }

  async #attempts(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (attempt > 1) await this.#begin(attempt)
      const settled = await this.#bodyOf(attempt)
      if (!this.#quiet || this.status.is === 'settled' || this.x.closed !== null) return
      if (settled.ok) return this.#succeed(settled.winner, attempt)
      this.#endScopes()
      await cancelOpen(this.#scopes, 'another branch failed')
      const record = this.x.index.get(this.key) as StepRecord | undefined
      if (record !== undefined && record.attempt > attempt) continue
      const delayMs =
        this.#spec.retry === null || this.x.cancelling !== null
          ? null
          : nextAttemptDelay(this.#spec.retry, attempt, settled.error, Math.random())
      if (delayMs === null) return this.#fail(attempt, settled.error)
      if (!(await this.#delay(attempt, settled.error, delayMs, record)))
        return this.#fail(attempt, settled.error)
    }
  }

  async #bodyOf(attempt: number): Promise<Settled> {
    const { branches, concurrency, kind } = this.#spec
    this.#controller = new AbortController()
    this.#scopes = []
    this.#values = Array.from({ length: branches.length })
    this.#bodies = Array.from({ length: branches.length })
    return new Promise((resolve) => {
      let next = 0
      let finished = 0
      let over = branches.length === 0
      if (over) resolve({ ok: true, winner: -1 })
      const startNext = (): void => {
        const index = next++
        if (index >= branches.length || over) return
        const body = this.#runBranch(branches[index]!, attempt)
        this.#bodies[index] = body.then((value) => (this.#values[index] = value))
        this.#bodies[index]?.then(
          () => {
            finished++
            if (kind === 'race' || finished === branches.length) {
              over = true
              resolve({ ok: true, winner: index })
            } else startNext()
          },
          (error: unknown) => {
            over = true
            resolve({ ok: false, error })
          },
        )
      }
      for (let lane = 0; lane < Math.min(concurrency, branches.length); lane++) startNext()
    })
  }

  async #runBranch(branch: Branch, attempt: number): Promise<unknown> {
    const { scope } = this
    const path = branch.path(attempt)
    const inner = new Scope({
      path,
      parent: scope,
      state: scope.state,
      step: scope.step,
      interrupt: eitherOf(scope, this.#controller),
      ...(scope.keepPath === null ? {} : { keepPath: scope.keepPath + path.slice(scope.path.length) }),
    })
    this.#scopes.push(inner)
    return inScope(inner, () => branch.body(inner))
  }

  async #succeed(winner: number, attempt: number): Promise<void> {
    this.#endScopes()
    const open = this.#scopes.some((scope) => scope.hasOpenCalls)
    const completed = journalEvent('step.completed', {
      key: this.key,
      attempt,
      output: { json: { winner } },
      durationMs: 0,
    })
    const record = this.x.index.get(this.key) as StepRecord | undefined
    if (this.#spec.kind === 'scope' && !open) {
      if (record?.result == null) this.x.journal.add(completed)
      this.#leave()
      this.resolve(this.#spec.result(this.#values, winner))
      return
    }
    if (record?.result != null) {
      if (this.#spec.kind === 'scope') this.offer(record, record.result)
      return
    }
    this.#controller.abort(new CancelledError(`"${this.#spec.name}" is decided.`))
    await cancelOpen(this.#scopes, 'another branch was first')
    await this.x.journal.commit(completed)
  }

  async #fail(attempt: number, error: unknown): Promise<void> {
    const record = this.x.index.get(this.key) as StepRecord | undefined
    if (record?.result != null) return
    this.#controller.abort(new CancelledError(`"${this.#spec.name}" failed.`))
    await this.x.journal.commit(
      journalEvent('step.failed', { key: this.key, attempt, error: toErrorRecord(error), durationMs: 0 }),
    )
  }

  /** Waits for the place at which an attempt begins (C3). */
  async #begin(attempt: number): Promise<void> {
    let record = this.x.index.get(this.key) as StepRecord
    const isAttempt = (start: { readonly attempt: number }): boolean => start.attempt === attempt
    if (!record.starts.some(isAttempt)) {
      await this.x.journal.commit(this.#started(attempt))
      record = this.x.index.get(this.key) as StepRecord
    }
    const place = record.starts.find(isAttempt)
    if (place === undefined) return new Promise(() => {})
    await new Promise<void>((resolve) => this.x.loop.offer({ ...place, deliver: () => resolve() }))
  }

  #delay(attempt: number, error: unknown, delayMs: number, record: StepRecord | undefined): Promise<boolean> {
    const known = record?.phase.at === 'retrying' ? record.phase.retryAt : null
    const retryAt = known ?? this.x.isoAfter(delayMs)
    if (known === null)
      this.x.journal.add(
        journalEvent('step.retrying', {
          key: this.key,
          attempt,
          error: toErrorRecord(error),
          durationMs: 0,
          retryAt,
        }),
      )
    const since = new Date(this.x.deps.clock.now()).toISOString()
    return new Promise((resolve) => {
      this.status = {
        is: 'waiting',
        wakeAt: retryAt,
        waitingFor: {
          reason: 'retry',
          since,
          until: retryAt,
          detail: `"${this.#spec.name}" is tried again.`,
        },
      }
      const done = (goOn: boolean): void => {
        this.#stopDelay = null
        this.status = { is: 'composite' }
        resolve(goOn)
      }
      const stop = this.x.timerAt(Date.parse(retryAt), () => done(true))
      this.#stopDelay = () => {
        stop()
        done(false)
      }
      this.x.parking.consider()
    })
  }

  /** From the decision on the branches make no new calls: live and in every replay at the same point. */
  #endScopes(): void {
    for (const scope of this.#scopes) scope.end()
  }

  /** The call is over: its branches take no more calls. */
  #leave(): void {
    for (const scope of this.#scopes) scope.close()
    this.close()
  }

  #started(attempt: number): ReturnType<typeof journalEvent> {
    return journalEvent('step.started', {
      key: this.key,
      name: this.#spec.name,
      kind: this.#spec.kind,
      stepNumber: this.#stepNumber,
      parentKey: this.scope.step?.key ?? null,
      attempt,
      maxAttempts: this.#spec.retry?.maxAttempts ?? 1,
      hash: this.identity.hash,
      writes: 'none',
      onInterrupted: 'retry',
    })
  }
}
