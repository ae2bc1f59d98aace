import { CancelledError, WorkflowError } from '@holdfast/workflow-sdk'
import type { Call } from '../calls/Call.ts'
import { keyName } from '../identity/keys.ts'
import type { SignalSource } from './Interrupt.ts'
import type { StateView } from './StateView.ts'

/** The step whose callback a scope belongs to. */
export interface EnclosingStep {
  readonly key: string
  readonly name: string
  readonly attempt: number
  /** Id of its row, durable. */
  id(): Promise<string>
  readonly stepNumber: number
}

/** What a new scope is made of. */
export interface ScopeOptions {
  /** Prefix of the keys in it: empty, or ending in `/`. */
  readonly path: string
  readonly parent: Scope | null
  readonly state: StateView
  readonly step: EnclosingStep | null
  /** Has the signal that ends what runs in the scope. */
  readonly interrupt: SignalSource
  /** Prefix for calls that keep their result across attempts (R4); null outside of steps. */
  readonly keepPath?: string
}

/** A part of a run in which names are counted together (R1). */
export class Scope {
  readonly path: string
  readonly parent: Scope | null
  readonly state: StateView
  readonly step: EnclosingStep | null
  readonly keepPath: string | null
  readonly #interrupt: SignalSource
  // Most steps make no calls of their own: what only calls need is made by the first one.
  #children: Set<Scope> | null = null
  #open: Set<Call> | null = null
  #counts: Map<string, number> | null = null
  #closed = false
  #ending = false

  constructor(options: ScopeOptions) {
    this.path = options.path
    this.parent = options.parent
    this.state = options.state
    this.step = options.step
    this.#interrupt = options.interrupt
    this.keepPath = options.keepPath ?? null
    this.parent?.adopt(this)
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal
  }

  /** Takes a scope in, so that its calls are found from here. */
  protected adopt(child: Scope): void {
    this.#children ??= new Set()
    this.#children.add(child)
  }

  /** Key for a call of this name: its path and how often the name was used here before. */
  allot(name: string, prefix = this.path): { readonly key: string; readonly repeated: boolean } {
    const counts = (this.#counts ??= new Map())
    const count = counts.get(prefix + name) ?? 0
    counts.set(prefix + name, count + 1)
    return { key: count === 0 ? `${prefix}${name}` : `${prefix}${name}:${count}`, repeated: count > 0 }
  }

  /** How the scope ends is decided: calls that its code still makes are refused with `RUN_CANCELLED`. */
  end(): void {
    this.#ending = true
  }

  get #isEnding(): boolean {
    return this.#ending || (this.parent !== null && this.parent.#isEnding)
  }

  /** Ends the scope: later calls on it are `CONTEXT_CLOSED`. */
  close(): void {
    this.#closed = true
    if (this.parent !== null) this.parent.#children?.delete(this)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  isAncestorOf(other: Scope): boolean {
    for (let scope = other.parent; scope !== null; scope = scope.parent) if (scope === this) return true
    return false
  }

  /** Every unsettled call here and below, in the order in which they were made. */
  *openCalls(): Iterable<Call> {
    if (this.#open !== null) yield* this.#open
    for (const child of this.#children ?? []) yield* child.openCalls()
  }

  /** Whether a call here or below has not settled. */
  get hasOpenCalls(): boolean {
    if (this.#open !== null && this.#open.size > 0) return true
    for (const child of this.#children ?? []) if (child.hasOpenCalls) return true
    return false
  }

  /** How many calls made here have not settled. */
  get openCount(): number {
    return this.#open?.size ?? 0
  }

  /** A call was made here. */
  enter(call: Call): void {
    ;(this.#open ??= new Set()).add(call)
  }

  /** A call made here has settled. */
  leave(call: Call): void {
    this.#open?.delete(call)
  }

  /** @throws WorkflowError `CONTEXT_CLOSED`, `RUN_CANCELLED`. */
  checkOpen(what: string): void {
    if (!this.#closed && this.#isEnding) {
      throw new CancelledError(`${what} was called in a branch that has been given up.`, {
        details: { scope: this.path },
      })
    }
    if (!this.#closed) return
    const where = this.step === null ? 'its scope' : `step "${this.step.name}"`
    throw new WorkflowError(
      'CONTEXT_CLOSED',
      `${what} was called on the context of ${where} after that had ended. Await every call before the function returns.`,
      {
        details: { call: what, scope: this.path },
      },
    )
  }
}

/** Path of the scope of a step's attempt. */
export function attemptPath(key: string, attempt: number): string {
  return `${key}@${attempt}/`
}

/** Path of a branch of `map`, `race` or `all`. */
export function branchPath(key: string, label: string): string {
  return `${key}/${keyName(label)}/`
}
