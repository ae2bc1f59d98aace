import type { IWorkflowStore } from '@holdfast/store/contract'

/** A store whose process stands still from a write on, as under SIGSTOP, and wakes as if nothing had been. */
export interface StallingStore {
  readonly store: IWorkflowStore
  /** Whether it stands still now. */
  readonly isStalled: () => boolean
  /** Lets it go on: what was about to be written is written now. */
  wake(): void
}

const WRITES = new Set<unknown>(['appendAsOwner', 'parkRun', 'handBackRun'])

/** Stands still before the `at`-th write of an owner, counted from 0; null: never. */
export function stallingStore(inner: IWorkflowStore, at: number | null, onStall: () => void): StallingStore {
  let writes = 0
  let gate: PromiseWithResolvers<void> | null = null
  const store = new Proxy(inner, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      if (property === 'watch') return bound
      return async (...args: unknown[]) => {
        if (WRITES.has(property) && writes++ === at) {
          gate = Promise.withResolvers<void>()
          onStall()
        }
        await gate?.promise
        return await bound(...args)
      }
    },
  })
  return {
    store,
    isStalled: () => gate !== null,
    wake: () => {
      gate?.resolve()
      gate = null
    },
  }
}
