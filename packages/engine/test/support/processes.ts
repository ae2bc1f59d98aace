import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { AnyWorkflow } from '@holdfast/workflow-sdk'
import { afterEach } from 'vitest'
import {
  createTestEngine,
  crashingStore,
  type CrashingStore,
  type TestEngine,
  type TestEngineOptions,
} from '../../src/testing/index.ts'

/** One "process" of a {@link processes} group: an engine that can die without a word. */
export interface Process extends TestEngine {
  /** Dies now: no call to the store ever settles again. */
  die(): void
}

/** Several engines on one store, one after the other or side by side. */
export interface Processes {
  readonly store: IWorkflowStore
  /** Starts another one, at the time that the last one had reached. It takes every earlier one for dead. */
  next(more?: Partial<TestEngineOptions>): Promise<Process>
}

const stores: { readonly store: IWorkflowStore; readonly living: Set<Process> }[] = []

/** A store in memory for several processes; what lives is stopped after the test. */
export async function processes(workflows: readonly AnyWorkflow[]): Promise<Processes> {
  let now = (): number => Date.UTC(2026, 0, 1)
  const store = await openSqliteStore({ path: ':memory:', now: () => now() })
  const living = new Set<Process>()
  stores.push({ store, living })
  return {
    store,
    next: async (more = {}) => {
      const startAt = now()
      const opened: { crashing: CrashingStore | null } = { crashing: null }
      const engine = await createTestEngine({
        workflows,
        startAt,
        ...more,
        openStore: (time) => {
          now = time
          opened.crashing = crashingStore(keptOpen(store), null)
          return opened.crashing.store
        },
      })
      const process = Object.assign(engine, {
        die: () => {
          opened.crashing?.die()
          living.delete(process)
        },
      })
      living.add(process)
      return process
    },
  }
}

/** The group closes the store, not its processes. */
function keptOpen(store: IWorkflowStore): IWorkflowStore {
  return new Proxy(store, {
    get(target, property) {
      if (property === 'close') return async () => {}
      const member: unknown = Reflect.get(target, property)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

afterEach(async () => {
  for (const { store, living } of stores.splice(0)) {
    for (const process of living) await process.close()
    await store.close()
  }
})
