import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { processes } from './support/processes.ts'

/** A step that ends only with its signal, and counts how often it began. */
function endless(options: object = {}) {
  const began: number[] = []
  const workflow = createWorkflow({ name: 'w' }, (ctx: WorkflowContext<unknown>) =>
    ctx.run(
      'endless',
      ({ attempt, signal }) => {
        began.push(attempt)
        return new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      },
      { timeoutMs: '1m', retry: { maxAttempts: 1 }, ...options },
    ),
  )
  return { workflow, began }
}

describe('the time of an attempt', () => {
  it('[ES3] after a hand-over an attempt has what is left, whatever the run was sent while nobody held it', async () => {
    const { workflow, began } = endless()
    const group = await processes([workflow])
    const first = await group.next()
    const { id } = await first.start(workflow, {})
    await first.advance('40s')
    await first.close()
    first.die()
    await group.store.appendFromOutside(id, {
      type: 'event.received',
      payload: { name: 'late', data: null, id: 'late', by: null },
    })

    const second = await group.next({ startAt: first.clock.now() + 3_600_000 })
    await second.advance('19s')
    expect(began).toEqual([1, 1])
    expect((await group.store.getWorkflowRun(id)).status).toBe('running')
    await second.advance('1s')
    expect(await second.run(id).ended()).toMatchObject({
      status: 'failed',
      error: { code: 'STEP_TIMED_OUT' },
    })
    const [attempt] = (await group.store.listExecutionLogs({ runId: id })).items
    expect(attempt).toMatchObject({ attempt_number: 1, status: 'FAILURE', duration_ms: 60_000 })
  })

  it('[ES3] an attempt that used up its time before it was handed over is not begun again', async () => {
    const { workflow, began } = endless()
    const group = await processes([workflow])
    const first = await group.next()
    const { id } = await first.start(workflow, {})
    await first.advance('59s')
    const journal = await group.store.listWorkflowEvents({ runId: id })
    expect(journal.at(-1)).toMatchObject({ type: 'step.started', payload: { activeMs: 0 } })
    await first.close()
    first.die()
    expect((await group.store.getWorkflowRun(id)).active_ms).toBe(59_000)

    const second = await group.next()
    await second.advance('1s')
    expect(await second.run(id).ended()).toMatchObject({ error: { code: 'STEP_TIMED_OUT' } })
    expect(began).toEqual([1, 1])
  })

  it('[ES3] after a take-over an attempt has what was left at the last sign of life', async () => {
    const { workflow, began } = endless()
    const group = await processes([workflow])
    const first = await group.next({ settings: { heartbeatIntervalMs: 5 } })
    const { id } = await first.start(workflow, {})
    await first.advance('40s')
    const alive = new Date(first.clock.now()).toISOString()
    await expect
      .poll(async () => (await group.store.listWorkers())[0]?.renewed_at, { timeout: 20_000 })
      .toBe(alive)
    first.die()
    // A renewal that was on its way is written at the time of the first.
    await turns()

    const second = await group.next({ startAt: first.clock.now() + 3_600_000 })
    await expect.poll(() => began, { timeout: 20_000 }).toEqual([1, 1])
    await second.advance('19s')
    expect(await group.store.getWorkflowRun(id)).toMatchObject({ status: 'running', active_ms: 40_000 })
    await second.advance('1s')
    expect(await second.run(id).ended()).toMatchObject({ error: { code: 'STEP_TIMED_OUT' } })
  })

  it('[ES3] an attempt that a person wants to be run again begins anew, after a park of any length', async () => {
    const { workflow, began } = endless({ onInterrupted: 'ask' })
    const group = await processes([workflow])
    const first = await group.next()
    const { id } = await first.start(workflow, {})
    await first.advance('40s')
    await first.close()
    first.die()

    const second = await group.next()
    const run = second.run(id)
    expect(await run.settled()).toMatchObject({
      status: 'waiting',
      waiting_for: { reason: 'effect-unknown' },
    })
    await second.advance('2h')
    await run.answer({ approved: true, answer: 'retry' })
    await turns()
    expect(began).toEqual([1, 1])
    await second.advance('59s')
    expect((await group.store.getWorkflowRun(id)).status).toBe('running')
    await second.advance('1s')
    expect(await run.ended()).toMatchObject({ error: { code: 'STEP_TIMED_OUT' } })
  })
})
