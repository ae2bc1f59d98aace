import { expect } from 'vitest'
import type { StoreChange } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import { started } from './events.ts'
import { group, refusal } from './suite.ts'

/** Watching and closing. */
export function lifeRules(backend: Backend): void {
  group(backend, 'life', (rule) => {
    rule('[ST50] a watcher hears of every commit that changed a run, after it', async (open) => {
      const bench = await open()
      const heard: StoreChange[] = []
      const seenThen: Promise<number>[] = []
      const unwatch = bench.store.watch((change) => {
        if (change.runId === null) return
        heard.push(change)
        seenThen.push(bench.store.lastSequence(change.runId))
      })
      const run = await bench.startRun()
      await bench.append(run, started('a', 1))
      await bench.park(run)
      expect(heard).toEqual([
        { runId: run.id, sequence: 2 },
        { runId: run.id, sequence: 3 },
        { runId: run.id, sequence: 4 },
      ])
      const durable = await Promise.all(seenThen)
      expect(durable.every((sequence, i) => sequence >= (heard[i]?.sequence ?? Infinity))).toBe(true)
      unwatch()
      await bench.claim()
      await bench.store.appendFromOutside(run.id, { type: 'run.resume-requested', payload: { by: null } })
      expect(heard).toHaveLength(3)
    })

    rule('[ST50] each watcher is told on its own', async (open) => {
      const bench = await open()
      let count = 0
      const listener = ({ runId }: StoreChange): void => void (runId !== null && count++)
      const stops = [bench.store.watch(listener), bench.store.watch(listener)]
      await bench.startRun()
      stops[0]?.()
      await bench.startRun()
      expect(count).toBe(3)
    })

    rule('[ST52] a watcher is told once that the store was closed, and nothing afterwards', async (open) => {
      const bench = await open()
      const told: string[] = []
      const unwatch = bench.store.watch(
        () => undefined,
        () => told.push('taken out'),
      )
      bench.store.watch(() => undefined)
      bench.store.watch(
        () => told.push('change'),
        ({ code }) => told.push(code),
      )
      unwatch()
      await bench.startRun()
      expect(told).toContain('change')
      await bench.store.close()
      await bench.store.close()
      expect(told.filter((what) => what !== 'change')).toEqual(['STORE_CLOSED'])
      expect(told.at(-1)).toBe('STORE_CLOSED')
    })

    rule('[ST51] closing waits for what was accepted and ends everything else', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const write = bench.append(run, started('a', 1))
      const closing = bench.store.close()
      expect(await write).toMatchObject({ first: 3 })
      await closing
      await bench.store.close()
      await refusal(bench.append(run, started('b', 2)), 'STORE_CLOSED')
      await refusal(bench.store.getWorkflowRun(run.id), 'STORE_CLOSED')
      expect(() => bench.store.watch(() => undefined)).toThrow('is closed')
    })
  })
}
