import type { Json, StateChange } from '@holdfast/workflow-sdk/journal'

const NONE: readonly StateChange[] = []

/**
 * The run's state as one place of the code sees it (R5). The root holds what has been applied; a view on
 * top of it buffers the changes of one step attempt until the step's result is delivered.
 */
export class StateView {
  // Made by the first change: most steps change nothing.
  #values: Map<string, Json> | null = null
  #deleted: Set<string> | null = null
  readonly #below: StateView | null

  constructor(below: StateView | null, initial: Readonly<Record<string, Json>> = {}) {
    this.#below = below
    for (const [name, value] of Object.entries(initial)) this.apply({ name, value })
  }

  get(name: string): Json | undefined {
    if (this.#values?.has(name) === true) return this.#values.get(name)
    if (this.#deleted?.has(name) === true) return undefined
    return this.#below?.get(name)
  }

  has(name: string): boolean {
    if (this.#values?.has(name) === true) return true
    return this.#deleted?.has(name) !== true && (this.#below?.has(name) ?? false)
  }

  apply(change: StateChange): void {
    if (change.deleted === true) {
      this.#values?.delete(change.name)
      ;(this.#deleted ??= new Set()).add(change.name)
    } else {
      this.#deleted?.delete(change.name)
      ;(this.#values ??= new Map()).set(change.name, change.value)
    }
  }

  /** What a buffering view would change below it, in no particular order of names. */
  changes(): readonly StateChange[] {
    if (this.#values === null && this.#deleted === null) return NONE
    return [
      ...[...(this.#deleted ?? [])].map((name) => ({ name, value: null, deleted: true })),
      ...[...(this.#values ?? [])].map(([name, value]) => ({ name, value })),
    ]
  }

  /** Everything that is visible, for `continueAs`. */
  snapshot(): Record<string, Json> {
    const all = this.#below?.snapshot() ?? {}
    for (const name of this.#deleted ?? []) delete all[name]
    for (const [name, value] of this.#values ?? []) all[name] = value
    return all
  }
}
