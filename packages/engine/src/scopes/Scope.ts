import { CancelledError, WorkflowError } from '@holdfast/workflow-sdk'
import type { Call } from '../calls/Call.ts'
import { keyName } from '../identity/keys.ts'
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
  readonly signal: AbortSignal
  /** Prefix for calls that keep their result across attempts (R4); null outside of steps. */
  readonly keepPath?: string
}

/** A part of a run in which names are counted together (R1). */
export class Scope {
  readonly path: string
  readonly parent: Scope | null
  readonly state: StateView
  readonly step: EnclosingStep | null
  readonly signal: AbortSignal
  readonly keepPath: string | null
  readonly children = new Set<Scope>()
  /** Calls that have not settled. */
  readonly open = new Set<Call>()
  readonly #counts = new Map<string, number>()
  #closed = false
  #ending = false

  constructor(options: ScopeOptions) {
    this.path = options.path
    this.parent = options.parent
    this.state = options.state
    this.step = options.step
    this.signal = options.signal
    this.keepPath = options.keepPath ?? null
    this.parent?.children.add(this)
  }

  /** Key for a call of this name: its path and how often the name was used here before. */
  allot(name: string, prefix = this.path): { readonly key: string; readonly repeated: boolean } {
    const count = this.#counts.get(prefix + name) ?? 0
    this.#counts.set(prefix + name, count + 1)
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
    this.parent?.children.delete(this)
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
    yield* this.open
    for (const child of this.children) yield* child.openCalls()
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
