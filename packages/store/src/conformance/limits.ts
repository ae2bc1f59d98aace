import fc from 'fast-check'
import { expect } from 'vitest'
import type { NewWorkflowRun, WorkflowRunRow } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import { registerWorker, type Bench, type OwnedRun } from './Bench.ts'
import { runCompleted } from './events.ts'
import { group } from './suite.ts'

/** Creates a run and answers its id. */
async function create(bench: Bench, more: Partial<NewWorkflowRun> = {}): Promise<string> {
  // Runs are told apart by their age.
  bench.clock.ms += 1
  return (await bench.store.createWorkflowRun(bench.newRun(more))).run.id
}

const keyed = (key: string, limit: number): Partial<NewWorkflowRun> => ({ concurrency: { key, limit } })
const perMinute = (key: string, limit: number): Partial<NewWorkflowRun> => ({
  rateLimit: { key, limit, perMs: 60_000 },
})

async function claimed(bench: Bench, limit = 10, workerId = bench.workerId): Promise<OwnedRun[]> {
  const claims = await bench.claim(limit, workerId)
  return claims.map(({ run, ownerToken }) => ({ id: run.id, token: ownerToken }))
}

const idsOf = (runs: readonly { readonly id: string }[]): string[] => runs.map(({ id }) => id)

/** Limits of keys, priorities and start rates. */
export function limitRules(backend: Backend): void {
  group(backend, 'limits', (rule) => {
    rule('[ST20] a claim goes by priority, then by what has begun, then by age', async (open) => {
      const bench = await open()
      const begun = await bench.startRun()
      await create(bench)
      const low = await create(bench, { priority: -5 })
      const urgent = await create(bench, { priority: 7 })
      await bench.park(begun, { wakeAt: bench.now })
      const order = idsOf(await claimed(bench))
      expect([order[0], order[1], order[3]]).toEqual([urgent, begun.id, low])
      expect(await bench.store.getWorkflowRun(urgent)).toMatchObject({ priority: 7 })
    })

    rule('[ST60] a key never has more owners than its limit, whoever claims', async (open) => {
      const bench = await open()
      await registerWorker(bench.store, 'other')
      const ids = []
      for (let i = 0; i < 5; i++) ids.push(await create(bench, keyed('a', 2)))
      const both = await Promise.all([claimed(bench, 4), claimed(bench, 4, 'other')])
      expect(idsOf(both.flat())).toEqual(ids.slice(0, 2))
      expect(await claimed(bench)).toEqual([])
      const direct = { workerId: 'other', limit: 1, now: bench.now, runId: ids[4] ?? '' }
      expect(await bench.store.claimDueRuns(direct)).toEqual([])
      const born = await bench.store.createWorkflowRun(
        bench.newRun({ ...keyed('a', 2), claim: { workerId: 'other', cause: 'start' } }),
      )
      expect(born).toMatchObject({ created: true, claimed: null, run: { status: 'pending' } })
      expect(await claimed(bench)).toEqual([])
    })

    rule('[ST60] the same key of another workflow is another key', async (open) => {
      const bench = await open()
      const { definition } = await bench.store.registerWorkflow({
        projectId: bench.projectId,
        name: 'other',
        description: '',
        filePath: null,
        config: {},
        source: '',
        bundle: '',
        contentHash: 'other',
        lockHash: null,
      })
      await create(bench, keyed('a', 1))
      await create(bench, { ...keyed('a', 1), workflowId: definition.id, workflowName: 'other' })
      expect(await claimed(bench)).toHaveLength(2)
    })

    rule('[ST60] a run that parks, is handed back, fenced off or ends makes room', async (open) => {
      const bench = await open()
      const ids: string[] = []
      for (let i = 0; i < 6; i++) ids.push(await create(bench, keyed('a', 1)))
      const next = async (): Promise<OwnedRun> => {
        const [run, more] = await claimed(bench)
        expect(more).toBeUndefined()
        if (run === undefined) throw new Error('there was no room')
        return run
      }
      const parked = await next()
      await bench.park(parked)
      const completed = await next()
      await bench.append(completed, runCompleted())
      const killed = await next()
      await bench.store.appendFromOutside(killed.id, { type: 'run.killed', payload: { by: null } })
      const paused = await next()
      await bench.append(paused, { type: 'run.paused', payload: { by: null, activeMs: 0 } })
      const retired = await next()
      expect(idsOf([parked, completed, killed, paused, retired])).toEqual(ids.slice(0, 5))
      await bench.store.handBackRun({ runId: retired.id, ownerToken: retired.token, activeMs: 1 })
      expect((await next()).id).toBe(retired.id)
      expect(await claimed(bench)).toEqual([])
      await bench.store.releaseRunsOfWorker(bench.workerId)
      await registerWorker(bench.store, bench.workerId)
      expect((await next()).id).toBe(retired.id)
    })

    rule('[ST60] a run that goes on needs room again, and is the next to have it', async (open) => {
      const bench = await open()
      const first = await create(bench, keyed('a', 1))
      const [owned] = await claimed(bench)
      await create(bench, keyed('a', 1))
      const last = await create(bench, keyed('a', 1))
      await bench.park(owned!, { wakeAt: bench.now })
      const [second] = await claimed(bench, 1)
      // The one that has begun goes before those that have not.
      expect(second?.id).toBe(first)
      await bench.park(second!)
      const [third] = await claimed(bench)
      await bench.store.appendFromOutside(first, {
        type: 'run.resume-requested',
        payload: { by: null },
      })
      expect(await claimed(bench)).toEqual([])
      expect(await bench.store.getWorkflowRun(first)).toMatchObject({
        status: 'waiting',
        waiting_for: { reason: 'concurrency' },
      })
      await bench.append(third!, runCompleted())
      const [fourth] = await claimed(bench)
      expect(fourth?.id).toBe(first)
      await bench.append(fourth!, runCompleted())
      expect(idsOf(await claimed(bench))).toEqual([last])
    })

    rule('[ST61] a key lets in by priority, then age; who was asked to stop comes first', async (open) => {
      const bench = await open()
      const oldest = await create(bench, keyed('a', 1))
      const old = await create(bench, keyed('a', 1))
      const urgent = await create(bench, { ...keyed('a', 1), priority: 5 })
      const order: string[] = []
      const parkedRun = await create(bench, { ...keyed('a', 1), priority: -50 })
      for (let i = 0; i < 4; i++) {
        const [run] = await claimed(bench)
        order.push(run!.id)
        await bench.park(run!)
      }
      expect(order).toEqual([urgent, oldest, old, parkedRun])
      // Everything has begun and waits; a stranger holds the key's only place.
      await create(bench, keyed('a', 1))
      const [holder] = await claimed(bench)
      for (const id of [urgent, old])
        await bench.store.appendFromOutside(id, { type: 'run.resume-requested', payload: { by: null } })
      expect(await claimed(bench)).toEqual([])
      const stop = { type: 'run.cancel-requested', payload: { by: null, reason: 'cancelled' } } as const
      await bench.store.appendFromOutside(parkedRun, stop)
      expect(await claimed(bench)).toEqual([])
      await bench.append(holder!, runCompleted())
      expect(idsOf(await claimed(bench))).toEqual([parkedRun])
    })

    rule('[ST61] an urgent run goes before one that was let in but has not begun', async (open) => {
      const bench = await open()
      await create(bench, keyed('a', 1))
      const [holder] = await claimed(bench)
      const old = await create(bench, keyed('a', 1))
      await bench.append(holder!, runCompleted())
      const urgent = await create(bench, { ...keyed('a', 1), priority: 1 })
      const [first] = await claimed(bench)
      expect(first?.id).toBe(urgent)
      await bench.append(first!, runCompleted())
      expect(idsOf(await claimed(bench))).toEqual([old])
    })

    rule('[ST62] keys take turns, and runs without a key are not kept waiting', async (open) => {
      const bench = await open()
      const many: string[] = []
      for (let i = 0; i < 20; i++) many.push(await create(bench, keyed('many', 10)))
      const few = await create(bench, keyed('few', 10))
      const none = await create(bench)
      const order = idsOf(await claimed(bench, 4))
      expect(order).toEqual([many[0], few, none, many[1]])
      expect(idsOf(await claimed(bench, 100))).toEqual(many.slice(2, 10))
    })

    rule(
      '[ST63] a run that is held back says what it waits for, and nothing is written for it',
      async (open) => {
        const bench = await open()
        await create(bench, keyed('a', 1))
        const waiting = await create(bench, { ...keyed('a', 1), ...perMinute('r', 1) })
        expect(await claimed(bench)).toHaveLength(1)
        const before = await bench.store.getWorkflowRun(waiting)
        expect(before).toMatchObject({
          status: 'pending',
          concurrency_key: 'a',
          concurrency_limit: 1,
          waiting_for: { reason: 'concurrency', since: bench.now, until: null },
        })
        bench.clock.ms += 1000
        expect(await claimed(bench)).toEqual([])
        expect(await bench.store.getWorkflowRun(waiting)).toEqual(before)
        expect(await bench.types(waiting)).toEqual(['run.created'])
        const { items } = await bench.store.listWorkflowRuns({ status: 'pending' })
        expect(items.map(({ waiting_for }) => waiting_for?.reason)).toEqual(['concurrency'])
      },
    )

    rule('[ST64] a key begins so many runs within any window, and the next when it may', async (open) => {
      const bench = await open()
      const ids: string[] = []
      for (let i = 0; i < 5; i++) ids.push(await create(bench, perMinute('r', 2)))
      const start = bench.clock.ms
      const [one] = await claimed(bench, 1)
      bench.clock.ms = start + 20_000
      const [two] = await claimed(bench)
      expect(idsOf([one!, two!])).toEqual(ids.slice(0, 2))
      expect(await claimed(bench)).toEqual([])
      const until = new Date(start + 60_000).toISOString()
      expect(await bench.store.nextDueAt(bench.workerId)).toBe(until)
      expect((await bench.store.getWorkflowRun(ids[2] ?? '')).waiting_for).toMatchObject({
        reason: 'quota',
        until,
      })
      // What became of a run that began does not matter, and going on is no start.
      await bench.append(one!, runCompleted())
      await bench.park(two!, { wakeAt: bench.now })
      expect(idsOf(await claimed(bench))).toEqual([two!.id])
      bench.clock.ms = start + 59_999
      expect(await claimed(bench)).toEqual([])
      bench.clock.ms = start + 60_000
      expect(idsOf(await claimed(bench))).toEqual([ids[2]])
      bench.clock.ms = start + 80_000
      expect(idsOf(await claimed(bench))).toEqual([ids[3]])
      expect(await claimed(bench)).toEqual([])
      bench.clock.ms = start + 300_000
      const late = await create(bench, perMinute('r', 2))
      expect(idsOf(await claimed(bench))).toEqual([ids[4], late])
    })

    rule(
      '[ST64] a clock that was set back lets no run more begin, and stops a key for no longer than two windows',
      async (open) => {
        const bench = await open()
        await create(bench, perMinute('r', 1))
        expect(await claimed(bench)).toHaveLength(1)
        // A little: as where two clocks do not agree.
        bench.clock.ms -= 1000
        const soon = await create(bench, perMinute('r', 1))
        expect(await claimed(bench)).toEqual([])
        await bench.store.appendFromOutside(soon, { type: 'run.killed', payload: { by: null } })
        bench.clock.ms -= 86_400_000
        const next = await create(bench, perMinute('r', 1))
        bench.clock.ms += 60_000
        expect(idsOf(await claimed(bench))).toEqual([next])
      },
    )

    rule(
      '[ST65] the next run comes in also when the one that was let in is ended or deleted',
      async (open) => {
        const bench = await open()
        for (const limit of [keyed('a', 1), perMinute('r', 1)]) {
          const holder = await bench.startRun(limit)
          const ids: string[] = []
          for (let i = 0; i < 4; i++) ids.push(await create(bench, limit))
          bench.clock.ms += 60_000
          await bench.append(holder, runCompleted())
          const stop = { type: 'run.cancel-requested', payload: { by: null, reason: 'cancelled' } } as const
          await bench.store.appendFromOutside(ids[0] ?? '', stop)
          await bench.store.appendFromOutside(ids[1] ?? '', { type: 'run.killed', payload: { by: null } })
          await bench.store.deleteWorkflowRun(ids[1] ?? '')
          expect(idsOf(await claimed(bench))).toEqual([ids[2]])
        }
      },
    )

    rule(
      '[ST60, ST65] whatever happens, no limit is exceeded and nothing waits while there is room',
      async (open) => {
        const action = fc.record({
          does: fc.constantFrom('create', 'create', 'claim', 'park', 'wake', 'end', 'back', 'stop', 'time'),
          which: fc.nat(20),
          key: fc.constantFrom('a', 'b'),
          rate: fc.constantFrom('r', null),
          priority: fc.constantFrom(0, 0, 3),
        })
        await fc.assert(
          fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
            const bench = await open()
            const owned: OwnedRun[] = []
            const take = (which: number): OwnedRun | undefined =>
              owned.splice(which % (owned.length || 1), 1)[0]
            const all: string[] = []
            for (const { does, which, key, rate, priority } of actions) {
              if (does === 'create') {
                const rateLimit = rate === null ? {} : perMinute(rate, 3)
                all.push(await create(bench, { ...keyed(key, 2), ...rateLimit, priority }))
              } else if (does === 'claim') owned.push(...(await claimed(bench, 1 + (which % 3))))
              else if (does === 'time') bench.clock.ms += which * 7000
              else if (does === 'park') {
                const run = take(which)
                if (run !== undefined) await bench.park(run)
              } else if (does === 'end') {
                const run = take(which)
                if (run !== undefined) await bench.append(run, runCompleted())
              } else if (does === 'back') {
                const run = take(which)
                if (run !== undefined)
                  await bench.store.handBackRun({ runId: run.id, ownerToken: run.token, activeMs: 0 })
              } else {
                const id = all[which % (all.length || 1)]
                if (id === undefined || owned.some((run) => run.id === id)) continue
                const event =
                  does === 'wake'
                    ? ({ type: 'run.resume-requested', payload: { by: null } } as const)
                    : ({ type: 'run.killed', payload: { by: null } } as const)
                await bench.store.appendFromOutside(id, event).catch(() => {})
              }
              await expectLimits(bench, owned)
            }
            // In the end everything that can go gets its turn.
            for (let round = 0; round < 200; round++) {
              for (const run of owned.splice(0)) await bench.append(run, runCompleted())
              bench.clock.ms += 60_000
              owned.push(...(await claimed(bench, 50)))
              if (owned.length === 0) break
              await expectLimits(bench, owned)
            }
            const { items } = await bench.store.listWorkflowRuns({
              status: ['pending', 'running'],
              limit: 200,
            })
            expect(items).toEqual([])
          }),
          { numRuns: 25 },
        )
      },
    )
  })
}

/** Owners per key against their limits, as the rows say it. */
async function expectLimits(bench: Bench, owned: readonly OwnedRun[]): Promise<void> {
  const rows: WorkflowRunRow[] = []
  for (const { id } of owned) rows.push(await bench.store.getWorkflowRun(id))
  for (const key of ['a', 'b'])
    expect(rows.filter((row) => row.concurrency_key === key).length).toBeLessThanOrEqual(2)
}
