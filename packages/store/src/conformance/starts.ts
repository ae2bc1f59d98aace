import { expect } from 'vitest'
import type { NewWorkflowRun } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import { registerWorker, type Bench } from './Bench.ts'
import { runCompleted } from './events.ts'
import { group, refusal } from './suite.ts'

const idempotent = (key: string, inputHash = 'h'): Partial<NewWorkflowRun> => ({
  idempotency: { key, inputHash },
})
const singleton = (
  key: string,
  onConflict: 'use-existing' | 'fail' = 'use-existing',
): Partial<NewWorkflowRun> => ({ singleton: { key, onConflict } })
const debounced = (input: number, maxWaitMs: number | null = null): Partial<NewWorkflowRun> => ({
  debounce: { key: 'd', waitMs: 1000, maxWaitMs },
  input: { json: input },
  taskInput: `take ${input}`,
})

/** A run whose workspace lies on a host. */
async function runOn(bench: Bench, hostId: string): Promise<string> {
  const run = await bench.startRun()
  await bench.append(run, {
    type: 'workspace.created',
    payload: {
      workspaceId: `ws-${hostId}`,
      kind: 'project',
      path: '.',
      branch: null,
      hostId,
      persistent: true,
      git: {},
    },
  })
  await bench.park(run, { wakeAt: bench.now })
  return run.id
}

/** Keys of starts, and the places that runs are bound to. */
export function startRules(backend: Backend): void {
  group(backend, 'starts', (rule) => {
    rule(
      '[ST66] an idempotency key stands for one run of the workflow, also when it is over',
      async (open) => {
        const bench = await open()
        const first = await bench.startRun(idempotent('order-1'))
        const again = bench.newRun({
          ...idempotent('order-1'),
          claim: { workerId: bench.workerId, cause: 'start' },
        })
        expect(await bench.store.createWorkflowRun(again)).toMatchObject({
          created: false,
          claimed: null,
          run: { id: first.id, idempotency_key: 'order-1' },
        })
        await bench.append(first, runCompleted())
        expect((await bench.store.createWorkflowRun(again)).run.id).toBe(first.id)
        const error = await refusal(
          bench.store.createWorkflowRun(bench.newRun(idempotent('order-1', 'other'))),
          'IDEMPOTENCY_KEY_REUSED',
        )
        expect(error.details).toMatchObject({ runId: first.id })
        const { workflowId } = bench
        await bench.startRun()
        const list = await bench.store.listWorkflowRuns({ workflowId, idempotencyKey: 'order-1' })
        expect(list.items.map(({ id }) => id)).toEqual([first.id])
        const unknown = await bench.store.listWorkflowRuns({ workflowId, idempotencyKey: 'order-2' })
        expect(unknown).toMatchObject({ items: [], total: 0 })
        await bench.store.deleteWorkflowRun(first.id)
        expect(await bench.store.createWorkflowRun(again)).toMatchObject({ created: true })
      },
    )

    rule('[ST66] of two starts at the same moment one makes the run', async (open) => {
      const bench = await open()
      const made = await Promise.all(
        [1, 2, 3].map(() => bench.store.createWorkflowRun(bench.newRun(idempotent('same')))),
      )
      expect(made.map(({ created }) => created)).toEqual([true, false, false])
      expect(new Set(made.map(({ run }) => run.id)).size).toBe(1)
    })

    rule('[ST67] a singleton start is answered with the unfinished run, or refused', async (open) => {
      const bench = await open()
      const first = await bench.startRun(singleton('s'))
      const second = await bench.store.createWorkflowRun(bench.newRun(singleton('s')))
      expect(second).toMatchObject({ created: false, run: { id: first.id, singleton_key: 's' } })
      await refusal(bench.store.createWorkflowRun(bench.newRun(singleton('s', 'fail'))), 'SINGLETON_CONFLICT')
      expect(await bench.store.createWorkflowRun(bench.newRun(singleton('t', 'fail')))).toMatchObject({
        created: true,
      })
      await bench.park(first)
      await refusal(bench.store.createWorkflowRun(bench.newRun(singleton('s', 'fail'))), 'SINGLETON_CONFLICT')
      await bench.store.appendFromOutside(first.id, { type: 'run.killed', payload: { by: null } })
      expect(await bench.store.createWorkflowRun(bench.newRun(singleton('s', 'fail')))).toMatchObject({
        created: true,
      })
    })

    rule('[ST67] a successor takes the singleton key over', async (open) => {
      const bench = await open()
      const first = await bench.startRun(singleton('s'))
      const next = await bench.store.completeAndContinue({
        append: { runId: first.id, ownerToken: first.token, appendId: 'a', events: [runCompleted()] },
        successor: bench.newRun({ ...singleton('s', 'fail'), previousRunId: first.id }),
      })
      expect(next).toMatchObject({ created: true, run: { singleton_key: 's' } })
    })

    rule('[ST68] a debounced start takes the newest input and waits anew, up to a limit', async (open) => {
      const bench = await open()
      const start = bench.clock.ms
      const { run } = await bench.store.createWorkflowRun(bench.newRun(debounced(1)))
      expect(await bench.store.nextDueAt(bench.workerId)).toBe(new Date(start + 1000).toISOString())
      bench.clock.ms = start + 900
      const second = await bench.store.createWorkflowRun(bench.newRun(debounced(2)))
      expect(second).toMatchObject({ created: false, run: { id: run.id, input: 2, task_input: 'take 2' } })
      bench.clock.ms = start + 1000
      expect(await bench.claim()).toEqual([])
      await bench.store.createWorkflowRun(bench.newRun(debounced(3, 1500)))
      expect(await bench.store.nextDueAt(bench.workerId)).toBe(new Date(start + 1500).toISOString())
      bench.clock.ms = start + 1500
      const [claim] = await bench.claim()
      expect(claim?.run).toMatchObject({ id: run.id, input: 3 })
      const events = await bench.store.listWorkflowEvents({ runId: run.id })
      expect(events.map(({ type, payload }) => ('input' in payload ? [type, payload.input] : type))).toEqual([
        ['run.created', { json: 1 }],
        ['run.updated', { json: 2 }],
        ['run.updated', { json: 3 }],
        'run.started',
      ])
      expect(events[0]?.payload).toMatchObject({ taskInput: 'take 1' })
      const next = await bench.store.createWorkflowRun(bench.newRun(debounced(4)))
      expect(next).toMatchObject({ created: true, run: { input: 4 } })
    })

    rule('[ST27] a run that has not begun is over as soon as it is asked to stop', async (open) => {
      const bench = await open()
      const parent = await bench.startRun()
      const { run } = await bench.store.createWorkflowRun(
        bench.newRun({ parentRunId: parent.id, parentKey: 'child' }),
      )
      const stop = { type: 'run.cancel-requested', payload: { by: 'ann', reason: 'cancelled' } } as const
      await bench.store.appendFromOutside(run.id, stop)
      expect(await bench.types(run.id)).toEqual(['run.created', 'run.cancel-requested', 'run.cancelled'])
      expect((await bench.store.getWorkflowRun(run.id)).status).toBe('cancelled')
      expect(await bench.types(parent.id)).toContain('child.completed')
      expect(await bench.claim()).toEqual([])
    })

    rule('[ST26] a run is claimed where its workspace lies', async (open) => {
      const bench = await open()
      await registerWorker(bench.store, 'far', { host_id: 'far' })
      await registerWorker(bench.store, 'shared-1', { host_id: 'x', workspace_group: 'nfs' })
      const here = await runOn(bench, 'host')
      const shared = await runOn(bench, 'group:nfs')
      const child = bench.newRun({ workspaceId: 'ws-host' })
      await bench.store.createWorkflowRun(child)
      expect(await bench.store.nextDueAt('far')).toBeNull()
      expect(await bench.claim(10, 'far')).toEqual([])
      expect(await bench.claim(10, 'unknown')).toEqual([])
      const only = { workerId: 'far', limit: 1, now: bench.now, runId: here }
      expect(await bench.store.claimDueRuns(only)).toEqual([])
      expect((await bench.claim(10, 'shared-1')).map(({ run }) => run.id)).toEqual([shared])
      expect(await bench.store.nextDueAt(bench.workerId)).not.toBeNull()
      const [first, second] = await bench.claim()
      expect([first?.run.id, second?.run.id]).toEqual([here, child.id])
      expect(first?.run.host_id).toBe('host')
    })

    rule(
      '[ST26] runs of a place without workers are claimed as lost when they are due for so long',
      async (open) => {
        const bench = await open()
        await registerWorker(bench.store, 'far', { host_id: 'far' })
        const lost = await runOn(bench, 'gone')
        await runOn(bench, 'host')
        const dueBefore = bench.now
        const claim = { workerId: 'far', limit: 10, now: bench.now }
        const earlier = new Date(bench.clock.ms - 1).toISOString()
        expect(await bench.store.claimLostRuns({ ...claim, dueBefore: earlier })).toEqual([])
        const [found, more] = await bench.store.claimLostRuns({ ...claim, dueBefore })
        expect(found?.run).toMatchObject({ id: lost, host_id: 'gone' })
        expect(more).toBeUndefined()
      },
    )
  })
}
