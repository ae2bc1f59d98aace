import { expect } from 'vitest'
import type { Backend } from './Backend.ts'
import { registerWorker } from './Bench.ts'
import { received, started } from './events.ts'
import { group, refusal } from './suite.ts'

/** The runs table as queue, and its workers (J2, W1). */
export function queueRules(backend: Backend): void {
  group(backend, 'queue', (rule) => {
    rule('[ST20] the run due longest is claimed first, each with a fresh token', async (open) => {
      const bench = await open()
      const ids: string[] = []
      for (let i = 0; i < 3; i++) {
        const { run } = await bench.store.createWorkflowRun(bench.newRun())
        ids.push(run.id)
        bench.clock.ms += 10
      }
      const first = await bench.claim(2)
      expect(first.map(({ run }) => run.id)).toEqual(ids.slice(0, 2))
      expect(first.map(({ cause, sequence, run }) => [cause, sequence, run.status])).toEqual([
        ['start', 2, 'running'],
        ['start', 2, 'running'],
      ])
      expect(new Set(first.map(({ ownerToken }) => ownerToken)).size).toBe(2)
      const only = { workerId: bench.workerId, limit: 5, now: bench.now, runId: ids[0] ?? '' }
      expect(await bench.store.claimDueRuns(only)).toEqual([])
      const [last] = await bench.store.claimDueRuns({ ...only, runId: ids[2] ?? '' })
      expect(last?.run.id).toBe(ids[2])
      expect(await bench.types(ids[2] ?? '')).toEqual(['run.created', 'run.started'])
    })

    rule('[ST20] a claim says how the run was left', async (open) => {
      const bench = await open()
      const { id, token } = await bench.startRun()
      const causes: string[] = []
      const claimAgain = async (): Promise<string> => {
        const [claim] = await bench.claim()
        causes.push(claim?.cause ?? 'none')
        return claim?.ownerToken ?? ''
      }
      await bench.park({ id, token }, { wakeAt: bench.now })
      const second = await claimAgain()
      await bench.store.handBackRun({ runId: id, ownerToken: second, activeMs: 77 })
      await claimAgain()
      await bench.store.releaseRunsOfWorker(bench.workerId)
      // Its row went with its runs, and without one it claims nothing.
      expect(await bench.claim()).toEqual([])
      await registerWorker(bench.store, bench.workerId)
      const fourth = await claimAgain()
      await bench.park({ id, token: fourth }, { wakeAt: bench.now })
      await claimAgain()
      expect(causes).toEqual(['wake', 'handover', 'takeover', 'wake'])
      const events = await bench.store.listWorkflowEvents({ runId: id })
      const resumed = events.filter((event) => event.type === 'run.resumed')
      expect(resumed.map(({ payload }) => payload.cause)).toEqual(causes)
    })

    rule('[ST21] of two claims at the same moment one gets the run', async (open) => {
      const bench = await open()
      const { run } = await bench.store.createWorkflowRun(bench.newRun())
      for (const worker of ['a', 'b']) await registerWorker(bench.store, worker)
      const claims = await Promise.all([bench.claim(1, 'a'), bench.claim(1, 'b')])
      expect(claims.flat().map((claim) => claim.run.id)).toEqual([run.id])
    })

    rule('[ST22] handing back and fencing need the token', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const release = { runId: run.id, ownerToken: 'stale', activeMs: 1 }
      expect(await bench.store.handBackRun(release)).toBe(false)
      expect(await bench.store.fenceRun(run.id, 'stale')).toBeNull()
      expect(await bench.claim()).toEqual([])
      const workerOf = async (): Promise<string | null> =>
        (await bench.store.getWorkflowRun(run.id)).worker_id
      expect(await workerOf()).toBe(bench.workerId)
      const fenced = await bench.store.fenceRun(run.id, run.token)
      expect(await bench.store.handBackRun({ ...release, ownerToken: run.token })).toBe(false)
      expect(await bench.store.handBackRun({ ...release, ownerToken: fenced ?? '', activeMs: 55 })).toBe(true)
      expect(await bench.store.getWorkflowRun(run.id)).toMatchObject({ status: 'running', active_ms: 55 })
      expect(await workerOf()).toBe(null)
      expect(await bench.types(run.id)).toEqual(['run.created', 'run.started'])
      expect(await bench.claim()).toHaveLength(1)
    })

    rule('[ST22] a worker that retires or is released leaves its runs due and no others', async (open) => {
      const bench = await open()
      await registerWorker(bench.store, 'other')
      const mine = await bench.startRun()
      const { run: theirs } = await bench.store.createWorkflowRun({
        ...bench.newRun(),
        claim: { workerId: 'other', cause: 'start' },
      })
      expect((await bench.store.listWorkers()).map(({ id }) => id).toSorted()).toEqual(['other', 'worker-1'])
      expect(await bench.store.releaseRunsOfWorker('other')).toEqual([theirs.id])
      expect(await bench.store.releaseRunsOfWorker('other')).toEqual([])
      await bench.store.retireWorker(bench.workerId)
      expect(await bench.store.listWorkers()).toEqual([])
      await refusal(bench.append(mine, started('a', 1)), 'OWNERSHIP_LOST')
      await registerWorker(bench.store, bench.workerId)
      const claims = await bench.claim()
      expect(new Map(claims.map(({ run, cause }) => [run.id, cause]))).toEqual(
        new Map([
          [mine.id, 'handover'],
          [theirs.id, 'takeover'],
        ]),
      )
    })

    rule('[ST7] parking is refused when something was appended since', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1))
      await bench.store.appendFromOutside(run.id, received('e'))
      expect(await bench.park(run, { seenSequence: 3, events: [started('b', 2)] })).toBe(false)
      expect(await bench.types(run.id)).toHaveLength(4)
      expect(await bench.park(run, { seenSequence: 4, events: [started('b', 2)] })).toBe(true)
      expect((await bench.types(run.id)).slice(4)).toEqual(['step.started', 'run.parked'])
      await refusal(bench.append(run, started('c', 3)), 'OWNERSHIP_LOST')
      const row = await bench.store.getWorkflowRun(run.id)
      expect(row).toMatchObject({
        status: 'waiting',
        active_ms: 10,
        waiting_for: { reason: 'event', detail: 'news' },
      })
    })

    rule('[ST7] an event and a park at the same moment never lose the wake-up', async (open) => {
      const bench = await open()
      for (const eventFirst of [true, false]) {
        const run = await bench.startRun()
        const event = () => bench.store.appendFromOutside(run.id, received(`e-${eventFirst}`))
        const park = () => bench.park(run, { seenSequence: 2 })
        const [parked] = eventFirst
          ? (await Promise.all([event(), park()])).toReversed()
          : await Promise.all([park(), event()])
        expect(parked).toBe(!eventFirst)
        const claims = await bench.claim()
        expect(claims).toHaveLength(eventFirst ? 0 : 1)
      }
    })

    rule('[ST23] the next due time is that of the earliest run without owner', async (open) => {
      const bench = await open()
      expect(await bench.store.nextDueAt(bench.workerId)).toBeNull()
      const later = '2026-05-01T00:00:00.000Z'
      const sooner = '2026-04-01T00:00:00.000Z'
      for (const wakeAt of [later, sooner]) await bench.park(await bench.startRun(), { wakeAt })
      expect(await bench.store.nextDueAt(bench.workerId)).toBe(sooner)
      expect(await bench.claim()).toEqual([])
      bench.clock.ms = Date.parse(sooner)
      expect(await bench.claim()).toHaveLength(1)
      expect(await bench.store.nextDueAt(bench.workerId)).toBe(later)
    })

    rule('[ST24] a heartbeat renews the row of its worker until it is stopped', async (open) => {
      const bench = await open()
      const renewedAt = async (): Promise<string | undefined> =>
        (await bench.store.listWorkers())[0]?.renewed_at
      const before = await renewedAt()
      bench.clock.ms += 60_000
      const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 5 })
      await expect.poll(renewedAt, { timeout: 20_000 }).not.toBe(before)
      expect(heartbeat.sinceRenewedMs()).toBeGreaterThanOrEqual(0)
      await bench.store.retireWorker(bench.workerId)
      const since = heartbeat.sinceRenewedMs()
      await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeGreaterThan(since + 50)
      await heartbeat.stop()
      await heartbeat.stop()
    })

    rule('[ST25] a run is created once, may be claimed at birth and may start later', async (open) => {
      const bench = await open()
      const wanted = bench.newRun({ startAt: '2026-01-02T00:00:00.000Z' })
      const made = await bench.store.createWorkflowRun(wanted)
      expect(made).toMatchObject({
        created: true,
        claimed: null,
        run: {
          status: 'pending',
          run_id: wanted.id,
          waiting_for: { reason: 'timer', since: bench.now, until: wanted.startAt },
        },
      })
      const again = await bench.store.createWorkflowRun({
        ...wanted,
        taskInput: 'other',
        claim: { workerId: bench.workerId, cause: 'start' },
      })
      expect(again).toEqual({ run: made.run, created: false, claimed: null })
      expect(await bench.claim()).toEqual([])
      const only = { workerId: bench.workerId, limit: 1, now: bench.now, runId: wanted.id }
      expect(await bench.store.claimDueRuns(only)).toEqual([])
      bench.clock.ms = Date.parse('2026-01-02T00:00:00.000Z')
      const [claim] = await bench.claim()
      expect(claim?.run).toMatchObject({ id: wanted.id, waiting_for: null })
      const born = await bench.store.createWorkflowRun(
        bench.newRun({ claim: { workerId: bench.workerId, cause: 'start' } }),
      )
      expect(born).toMatchObject({
        created: true,
        run: { status: 'running' },
        claimed: { cause: 'start', sequence: 2 },
      })
    })
  })
}
