import { expect } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import { completed, received, runCompleted, started } from './events.ts'
import { group, refusal } from './suite.ts'

/** Appends of a run's owner (J1, J3, J5). */
export function journalRules(backend: Backend): void {
  group(backend, 'journal', (rule) => {
    rule('[ST1] sequences have no gaps and the events of an append lie side by side', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const first = await bench.append(run, started('a', 1), completed('a'))
      expect(first).toEqual({ runId: run.id, first: 3, last: 4, timestamp: bench.now })
      const [one, two] = await Promise.all([
        bench.append(run, started('b', 2)),
        bench.store.appendFromOutside(run.id, received('e1')),
      ])
      expect([one.first, two.first]).toEqual([5, 6])
      const events = await bench.store.listWorkflowEvents({ runId: run.id })
      expect(events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6])
      expect(await bench.store.lastSequence(run.id)).toBe(6)
      const part = await bench.store.listWorkflowEvents({ runId: run.id, afterSequence: 3, limit: 2 })
      expect(part.map((event) => event.type)).toEqual(['step.completed', 'step.started'])
      expect(await bench.store.lastSequence('nobody')).toBe(0)
    })

    rule('[ST2] a stale owner cannot write', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const token = await bench.store.fenceRun(run.id, run.token)
      await refusal(bench.append(run, started('a', 1)), 'OWNERSHIP_LOST')
      expect(await bench.types(run.id)).toEqual(['run.created', 'run.started'])
      await bench.append({ id: run.id, token: token ?? '' }, started('a', 1))
      expect(await bench.store.listWorkflowSteps(run.id)).toHaveLength(1)
      await refusal(bench.append({ id: 'nobody', token: 'x' }, started('a', 1)), 'RUN_NOT_FOUND')
    })

    rule('[ST3] a refused write of a batch fails alone', async (open) => {
      const bench = await open()
      const runs = await Promise.all([bench.startRun(), bench.startRun(), bench.startRun()])
      const [a, b, c] = runs
      const settled = await Promise.allSettled([
        bench.append(a, started('a', 1)),
        bench.append({ ...b, token: 'stale' }, started('a', 1)),
        bench.store.appendFromOutside('nobody', received('e')),
        bench.append(c, started('a', 1), completed('a')),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
      expect(await Promise.all(runs.map(({ id }) => bench.store.lastSequence(id)))).toEqual([3, 2, 4])
    })

    rule('[ST3] events of several writers of one batch see each other', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const writes = [
        bench.append(run, started('a', 1)),
        bench.append(run, completed('a')),
        bench.append(run, runCompleted()),
        refusal(bench.append(run, started('b', 2)), 'RUN_FINISHED'),
      ]
      await Promise.all(writes)
      const [step] = await bench.store.listWorkflowSteps(run.id)
      expect(step?.status).toBe('completed')
      expect(await bench.store.lastSequence(run.id)).toBe(5)
    })

    rule('[ST4] an append sent again is answered with its sequences', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const append = { runId: run.id, ownerToken: run.token, appendId: 'first', events: [started('a', 1)] }
      const receipt = await bench.store.appendAsOwner(append)
      bench.clock.ms += 1000
      expect(await bench.store.appendAsOwner(append)).toEqual(receipt)
      const end = { ...append, appendId: 'end', events: [runCompleted()] }
      const [ended, again] = await Promise.all([
        bench.store.appendAsOwner(end),
        bench.store.appendAsOwner(end),
      ])
      expect(again).toEqual(ended)
      expect(await bench.store.appendAsOwner(end)).toEqual(ended)
      expect(await bench.store.lastSequence(run.id)).toBe(4)
    })

    rule(
      '[ST5] events that have a call of their own cannot be appended, nor anything after the end',
      async (open) => {
        const bench = await open()
        const run = await bench.startRun()
        const reserved: NewJournalEvent[] = [
          { type: 'run.started', payload: { workerId: 'w', cause: 'start' } },
          { type: 'run.resumed', payload: { workerId: 'w', cause: 'wake' } },
        ]
        for (const event of reserved) await refusal(bench.append(run, event), 'EVENT_NOT_ALLOWED')
        await refusal(bench.append(run, runCompleted(), started('a', 1)), 'EVENT_NOT_ALLOWED')
        expect(await bench.store.lastSequence(run.id)).toBe(2)
      },
    )

    rule('[ST15] a long journal is warned of once and then refused, but can always end', async (open) => {
      const bench = await open({ journal: { warnAt: 5, stopAt: 8 } })
      const run = await bench.startRun()
      await bench.append(run, started('a', 1), completed('a'))
      await bench.append(run, started('b', 2), completed('b'))
      expect((await bench.types(run.id)).at(-1)).toBe('run.updated')
      expect(await bench.store.lastSequence(run.id)).toBe(7)
      await refusal(bench.append(run, started('c', 3), completed('c')), 'JOURNAL_TOO_LONG')
      await bench.append(run, started('c', 3))
      await refusal(bench.store.appendFromOutside(run.id, received('e')), 'JOURNAL_TOO_LONG')
      const cancel = { type: 'run.cancel-requested', payload: { by: 'ada', reason: 'cancelled' } } as const
      await bench.store.appendFromOutside(run.id, cancel)
      await bench.append(run, {
        type: 'run.cancelled',
        payload: { cleanup: 'ran', activeMs: 1, error: null },
      })
      const types = await bench.types(run.id)
      expect(types.filter((type) => type === 'run.updated')).toHaveLength(1)
      expect(types).toHaveLength(10)
      const { metadata } = await bench.store.getWorkflowRun(run.id)
      expect(metadata).toMatchObject({ warnings: [expect.stringContaining('continueAs')] })
    })
  })
}
