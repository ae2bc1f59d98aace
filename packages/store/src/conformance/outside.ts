import { expect } from 'vitest'
import type { OutsideEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import { answered, received, requested, runCompleted, started } from './events.ts'
import { group, refusal } from './suite.ts'

const pause: OutsideEvent = { type: 'run.pause-requested', payload: { by: 'ada' } }
const resume: OutsideEvent = { type: 'run.resume-requested', payload: { by: 'ada' } }
const cancel: OutsideEvent = { type: 'run.cancel-requested', payload: { by: 'ada', reason: 'cancelled' } }
const upgrade: OutsideEvent = { type: 'run.upgraded', payload: { workflowVersion: 2, by: 'ada' } }

/** Events that need no owner (J1), answers among them. */
export function outsideRules(backend: Backend): void {
  group(backend, 'events from outside', (rule) => {
    rule('[ST5] only the closed list needs no owner', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await refusal(bench.store.createWorkflowEvent(run.id, started('a', 1)), 'EVENT_NOT_ALLOWED')
      await refusal(bench.store.appendFromOutside(run.id, runCompleted() as never), 'EVENT_NOT_ALLOWED')
      const own = await bench.store.createWorkflowEvent(run.id, started('a', 1), run.token)
      expect(own).toMatchObject({ sequence: 3, type: 'step.started', schemaVersion: 1, timestamp: bench.now })
      const event = await bench.store.createWorkflowEvent(run.id, received('e'))
      expect(event).toMatchObject({ sequence: 4, type: 'event.received' })
      await refusal(bench.store.appendFromOutside('nobody', received('e')), 'RUN_NOT_FOUND')
    })

    rule('[ST6] a waiting run becomes due by every event from outside', async (open) => {
      const bench = await open()
      for (const event of [received('e'), resume, cancel, pause, upgrade]) {
        const run = await bench.startRun()
        await bench.park(run)
        expect(await bench.store.nextDueAt(bench.workerId)).toBeNull()
        await bench.store.appendFromOutside(run.id, event)
        expect(await bench.store.nextDueAt(bench.workerId)).toBe(bench.now)
        const [claim] = await bench.claim()
        expect(claim?.run.id).toBe(run.id)
        expect(claim?.run.status).toBe(event.type === 'run.cancel-requested' ? 'cancelling' : 'running')
      }
    })

    rule('[ST6] a paused run goes on only when it is asked to', async (open) => {
      const bench = await open()
      for (const event of [resume, cancel]) {
        const run = await bench.startRun()
        await bench.append(run, { type: 'run.paused', payload: { by: 'ada', activeMs: 3 } })
        expect((await bench.store.getWorkflowRun(run.id)).status).toBe('paused')
        await bench.store.appendFromOutside(run.id, received('e'))
        expect(await bench.claim()).toEqual([])
        await bench.store.appendFromOutside(run.id, event)
        expect(await bench.claim()).toHaveLength(1)
      }
    })

    rule('[ST6] nothing makes a run that has not started due early', async (open) => {
      const bench = await open()
      const { run } = await bench.store.createWorkflowRun(
        bench.newRun({ startAt: '2026-02-01T00:00:00.000Z' }),
      )
      await bench.store.appendFromOutside(run.id, received('e'))
      expect(await bench.claim()).toEqual([])
    })

    rule('[ST36] a request that the status does not allow is refused', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await refusal(bench.store.appendFromOutside(run.id, upgrade), 'RUN_TRANSITION_INVALID')
      await bench.append(run, { type: 'run.paused', payload: { by: 'ada', activeMs: 3 } })
      await refusal(bench.store.appendFromOutside(run.id, pause), 'RUN_TRANSITION_INVALID')
      await bench.store.appendFromOutside(run.id, upgrade)
      expect((await bench.store.getWorkflowRun(run.id)).workflow_version).toBe(2)
      await bench.store.appendFromOutside(run.id, { type: 'run.killed', payload: { by: 'ada' } })
      for (const event of [cancel, resume, received('e')]) {
        await refusal(bench.store.appendFromOutside(run.id, event), 'RUN_FINISHED')
      }
    })

    rule('[ST12] an event with the same id counts once', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const [first, twin] = await Promise.all([
        bench.store.appendFromOutside(run.id, received('e1')),
        bench.store.appendFromOutside(run.id, received('e1')),
      ])
      expect(twin).toEqual(first)
      bench.clock.ms += 5
      expect(await bench.store.appendFromOutside(run.id, received('e1'))).toEqual(first)
      await bench.store.appendFromOutside(run.id, received('e2'))
      expect(await bench.store.lastSequence(run.id)).toBe(4)
      await bench.append(run, runCompleted())
      expect(await bench.store.appendFromOutside(run.id, received('e1'))).toEqual(first)
    })

    rule('[ST13] a question is answered once', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, requested('deploy'))
      await refusal(bench.store.appendFromOutside(run.id, answered('other')), 'APPROVAL_NOT_FOUND')
      await refusal(
        bench.store.appendFromOutside(run.id, answered('deploy', { revision: 2 })),
        'APPROVAL_CHANGED',
      )
      const receipt = await bench.store.appendFromOutside(run.id, answered('deploy'))
      expect(await bench.store.appendFromOutside(run.id, answered('deploy', { by: 'bob' }))).toEqual(receipt)
      const late = bench.store.appendFromOutside(run.id, answered('deploy', { approved: false, by: 'bob' }))
      expect((await refusal(late, 'ALREADY_ANSWERED')).details).toMatchObject({ by: 'ada' })
      const [row] = await bench.store.listApprovals({ runId: run.id })
      expect(row).toMatchObject({
        status: 'answered',
        approved: true,
        answered_by: 'ada',
        answered_at: bench.now,
      })
      await bench.append(run, runCompleted())
      expect(await bench.store.appendFromOutside(run.id, answered('deploy'))).toEqual(receipt)
    })

    rule('[ST13] a new revision opens a question again, a withdrawn one is gone', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, requested('plan', { choices: ['a', 'b'] }))
      await bench.store.appendFromOutside(run.id, answered('plan', { answer: 'a' }))
      await bench.append(run, requested('plan', { revision: 2, title: 'Again?' }))
      const ofKind = (kind: 'approval' | 'failure') => bench.store.listApprovals({ status: 'open', kind })
      expect([(await ofKind('approval')).length, (await ofKind('failure')).length]).toEqual([1, 0])
      const [row] = await bench.store.listApprovals({ status: 'open' })
      expect(row).toMatchObject({
        revision: 2,
        title: 'Again?',
        approved: null,
        answer: null,
        answered_by: null,
      })
      expect(row?.id).toBe(`${run.id}.3.0`)
      await refusal(bench.store.appendFromOutside(run.id, answered('plan')), 'APPROVAL_CHANGED')
      await bench.append(run, { type: 'approval.withdrawn', payload: { key: 'plan', reason: 'over' } })
      await refusal(
        bench.store.appendFromOutside(run.id, answered('plan', { revision: 2 })),
        'APPROVAL_NOT_FOUND',
      )
      expect(await bench.store.listApprovals({ runId: run.id, status: 'withdrawn' })).toHaveLength(1)
    })

    rule(
      '[ST13] an answer by time that comes too late changes nothing and does not fail the owner',
      async (open) => {
        const bench = await open()
        const run = await bench.startRun()
        await bench.append(run, requested('deploy'))
        await bench.store.appendFromOutside(run.id, answered('deploy'))
        await bench.append(run, answered('deploy', { approved: false, by: null, how: 'time' }))
        const [row] = await bench.store.listApprovals({ runId: run.id })
        expect(row).toMatchObject({ approved: true, answered_by: 'ada' })
        expect(await bench.store.lastSequence(run.id)).toBe(5)
      },
    )
  })
}
