import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import type { TestRun } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'

type Code = (ctx: WorkflowContext<unknown>) => Promise<unknown>

/** A run that stands at the journal of `code`, and what its engine plans when the code is another one. */
async function planned(
  code: Code,
  now: Code = code,
  drive: (run: TestRun) => Promise<void> = async () => {},
) {
  let current = code
  const w = createWorkflow({ name: 'w' }, (ctx) => current(ctx))
  const t = await testEngine({ workflows: [w] })
  const run = await t.start(w, { n: 1 })
  await run.settled()
  await drive(run)
  current = now
  const before = await run.journal()
  const { plan } = await t.engine.planResume(run.id)
  expect(await run.journal()).toEqual(before)
  return { t, run, plan }
}

const parked: Code = async (ctx) => {
  const a = await ctx.run('a', () => 1)
  ctx.set('a', a)
  await ctx.all({ left: (c) => c.run('b', () => 2), right: (c) => c.run('c', () => 3) }, { name: 'both' })
  await ctx.approve({ name: 'gate', title: 'Go on?' })
  return ctx.run('end', () => 4)
}

describe('a replay without effects', () => {
  it('[EL1] says what is reused and where the journal ends, and makes nothing', async () => {
    const done: string[] = []
    const { plan } = await planned(
      async (ctx) => {
        await parked(ctx)
      },
      async (ctx) => {
        ctx.log.info('replayed')
        await parked(ctx)
        done.push('went past the gate')
      },
    )
    expect(plan).toMatchObject({
      action: 'resume',
      verdict: 'same',
      reuse: [{ key: 'a' }, { key: 'both' }, { key: 'both/left/b' }, { key: 'both/right/c' }],
      next: [{ key: 'gate', kind: 'approval', why: 'open' }],
      unused: [],
      ends: null,
      costUsd: { known: 0, estimated: 0, unknown: 0 },
    })
    expect(done).toEqual([])
  })

  it('[EL1] tells what is new, what would be the end, and code that waits for something else', async () => {
    const answered = (run: TestRun): Promise<void> => run.answer({ approved: true })
    const waits: Code = async (ctx) => {
      await ctx.approve({ name: 'gate', title: 'Go on?' })
      await ctx.sleep('1h')
    }
    const added = await planned(
      waits,
      async (ctx) => {
        await waits(ctx)
        await ctx.run('more', () => 1)
      },
      answered,
    )
    expect(added.plan).toMatchObject({ verdict: 'same', next: [{ kind: 'timer', why: 'open' }] })
    const shorter = await planned(
      waits,
      async (ctx) => ctx.approve({ name: 'gate', title: 'Go on?' }),
      answered,
    )
    expect(shorter.plan).toMatchObject({ verdict: 'differs', next: [], ends: { how: 'completed' } })
    const stuck = await planned(waits, () => new Promise(() => {}))
    expect(stuck.plan).toMatchObject({ verdict: 'differs', ends: { how: 'stuck' } })
  })

  it('[EL2] what is left out or comes before differs; what cannot go on diverges', async () => {
    const without = await planned(parked, async (ctx) => {
      await ctx.run('a', () => 1)
      return ctx.approve({ name: 'gate', title: 'Go on?' })
    })
    expect(without.plan).toMatchObject({
      verdict: 'differs',
      // What lies inside of a scope is told with it.
      unused: [
        { key: '~set', kind: 'state' },
        { key: 'both', kind: 'scope' },
      ],
    })
    const inserted = await planned(parked, async (ctx) => {
      await ctx.runCli('review', { agent: 'any' }, 'Look')
      return parked(ctx)
    })
    expect(inserted.plan).toMatchObject({
      verdict: 'differs',
      next: [{ key: 'review', kind: 'agent', why: 'new', costUsd: null }],
      costUsd: { estimated: 0, unknown: 1 },
    })
    const other = await planned(parked, async (ctx) => {
      // An error that the code catches does not hide it.
      await ctx.sleep('1s', { name: 'a' }).catch(() => {})
      return parked(ctx)
    })
    expect(other.plan).toMatchObject({
      verdict: 'diverges',
      divergence: { key: 'a', recorded: 'run', now: 'timer' },
    })
    const throws = await planned(parked, async (ctx) => {
      await ctx.run('a', () => 1)
      throw new TypeError('not a function')
    })
    expect(throws.plan).toMatchObject({
      verdict: 'diverges',
      divergence: { key: '~set', message: expect.stringContaining('not a function') },
    })
  })

  it('[EL3] what was interrupted or is tried again is asked for anew; the cost is that of before', async () => {
    const { plan } = await planned(async (ctx) => {
      await ctx.run('kept', () => 1)
      await ctx.run('flaky', ({ attempt }) => Promise.reject(new Error(`attempt ${attempt}`)), {
        retry: { maxAttempts: 2, delayMs: '1h', jitter: false },
      })
    })
    expect(plan).toMatchObject({
      reuse: [{ key: 'kept' }],
      firstLive: { key: 'flaky', stepNumber: 2 },
      next: [{ key: 'flaky', why: 'retrying', costUsd: 0 }],
    })
  })

  it('[EL4] a run is not moved to code that it cannot go on with, nor by a plan that does not hold any more', async () => {
    const { t, run, plan } = await planned(parked, async (ctx) => ctx.sleep('1s', { name: 'a' }))
    const { workflow_version: version } = await t.store.getWorkflowRun(run.id)
    const before = await run.journal()
    await expect(t.engine.resume(run.id, { by: null, version })).rejects.toMatchObject({
      code: 'REPLAY_DIVERGED',
      message: expect.stringContaining('nothing was done'),
      details: { key: 'a', expected: 'run', actual: 'timer' },
    })
    await expect(t.engine.resume(run.id, { by: null, planId: `${plan.planId}0` })).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
    })
    expect(await run.journal()).toEqual(before)
  })
})
