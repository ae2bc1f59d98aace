import { createWorkflow } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { createTestEngine } from '../src/testing/index.ts'

/** A step that ends with its signal only, and what it saw. */
function interruptible() {
  const seen: string[] = []
  const began = Promise.withResolvers<void>()
  const workflow = createWorkflow({ name: 'w' }, (ctx) =>
    ctx.run('work', ({ signal }) => {
      began.resolve()
      return new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => {
          seen.push('aborted')
          reject(signal.reason as Error)
        }),
      )
    }),
  )
  return { workflow, began: began.promise, seen }
}

describe('a store that ends', () => {
  it('[EO8] interrupts the runs of a worker, ends it with the reason, and leaves no timer behind', async () => {
    const { workflow, began, seen } = interruptible()
    const opened: { store: IWorkflowStore | null } = { store: null }
    const t = await createTestEngine({
      workflows: [workflow],
      settings: { pollIntervalMs: 1000 },
      openStore: async (now) => (opened.store = await openSqliteStore({ path: ':memory:', now })),
    })
    const { worker } = t
    await t.start(workflow, {})
    await began
    await opened.store!.close()
    expect(await worker.ended).toMatchObject({ code: 'STORE_CLOSED' })
    expect(seen).toEqual(['aborted'])
    expect(worker.activeRuns()).toEqual([])
    expect(t.clock.nextAt).toBe(null)
    await t.close()
  })
})
