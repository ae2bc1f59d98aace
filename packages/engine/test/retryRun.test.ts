import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { createTestEngine, type TestEngine } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'
import { inFiles } from './support/inFiles.ts'
import { inPostgres } from './support/inPostgres.ts'

/** What ran, in order; and what is broken until somebody mends it. */
interface World {
  readonly ran: string[]
  /** What `ctx.uuid` gave, in every replay. */
  readonly ids: Set<string>
  broken: boolean
}

/** Parallel branches of which one fails, a failure that is caught, a child, and clean-up at the end. */
function shop(world: World) {
  const did = (name: string) => () => void world.ran.push(name)
  const kid = createWorkflow({ name: 'kid' }, (ctx: WorkflowContext<unknown>) => ctx.run('play', did('play')))
  const main = createWorkflow(
    { name: 'main', retry: { maxAttempts: 1 } },
    async (ctx: WorkflowContext<unknown>) => {
      world.ids.add(ctx.uuid())
      await ctx.run('once', did('once'))
      await ctx.child(kid, {})
      await ctx.run('fragile', () => Promise.reject(new Error('as always'))).catch(() => {})
      try {
        await ctx.all(
          {
            good: (c) => c.run('good', did('good')),
            bad: async (c) => {
              await c.run('before', did('before'))
              await c.run('bad', () => {
                did('bad')()
                if (world.broken) throw new Error('the door is locked')
              })
            },
          },
          { name: 'both' },
        )
      } finally {
        await ctx.run('clean up', did('clean up'))
      }
    },
  )
  return [main, kid] as const
}

const world = (): World => ({ ran: [], ids: new Set(), broken: true })

async function failed(t: TestEngine, [main]: ReturnType<typeof shop>) {
  const run = await t.start(main, {})
  expect(await run.ended()).toMatchObject({ status: 'failed', error_message: 'the door is locked' })
  return run
}

describe('a retry', () => {
  it('[ER1, ER3] goes on from the step that failed as a run of its own; what was finished is kept, once for all', async () => {
    const w = world()
    const workflows = shop(w)
    const t = await testEngine({ workflows })
    const run = await failed(t, workflows)
    const before = await run.journal()
    expect(w.ran.splice(0)).toEqual(
      expect.arrayContaining(['once', 'play', 'good', 'before', 'bad', 'clean up']),
    )
    const { plan } = await t.engine.planRetry(run.id, { by: null })
    expect(plan).toMatchObject({
      action: 'retry',
      verdict: 'same',
      firstLive: { key: 'both/bad/bad' },
      afterThat: [{ key: 'clean up' }],
    })
    expect(plan.reuse.map(({ key }) => key)).toEqual([
      'once',
      'kid',
      'fragile',
      'both/good/good',
      'both/bad/before',
    ])

    w.broken = false
    const [one, two] = await Promise.all([
      t.engine.retry(run.id, { by: 'ada', planId: plan.planId }),
      t.engine.retry(run.id, { by: 'bob' }),
    ])
    expect(two.run.id).toBe(one.run.id)
    expect(one.run).toMatchObject({ previous_run_id: run.id, forked_from: run.id, parent_run_id: null })
    const again = t.run(one.run.id)
    expect(await again.ended()).toMatchObject({ status: 'completed' })
    expect(w.ids.size).toBe(1)
    expect(w.ran).toEqual(['bad', 'clean up'])
    const journal = await again.journal()
    expect(journal.filter(({ type }) => type === 'step.started').at(-2)?.payload).toMatchObject({
      key: 'both/bad/bad',
      attempt: 1,
    })
    expect(await run.journal()).toEqual(before)
    await expect(t.engine.retry(run.id, { by: null })).resolves.toMatchObject({
      made: false,
      run: { id: one.run.id },
    })
    await expect(t.engine.retry(one.run.id, { by: null })).rejects.toMatchObject({
      code: 'RUN_TRANSITION_INVALID',
      message: expect.stringContaining('is completed, so it cannot be retried'),
    })
  })

  it('[ER2] what was cancelled goes on from where it was asked to stop, what was killed from what it had', async () => {
    const ran: string[] = []
    const main = createWorkflow({ name: 'main' }, async (ctx: WorkflowContext<unknown>) => {
      await ctx.run('once', () => void ran.push('once'))
      try {
        const { approved } = await ctx.approve({ name: 'gate', title: 'Go on?' })
        return approved
      } finally {
        await ctx.run('clean up', () => void ran.push('clean up'))
      }
    })
    const t = await testEngine({ workflows: [main] })
    const run = await t.start(main, {})
    await run.settled()
    await expect(t.engine.retry(run.id, { by: null })).rejects.toMatchObject({
      code: 'RUN_TRANSITION_INVALID',
      message: expect.stringContaining(`holdfast resume ${run.id}`),
    })
    await run.cancel()
    expect(await run.ended()).toMatchObject({ status: 'cancelled' })
    expect(ran.splice(0)).toEqual(['once', 'clean up'])
    const { run: next, plan } = await t.engine.retry(run.id, { by: null })
    expect(plan).toMatchObject({ reuse: [{ key: 'once' }], next: [{ key: 'gate', why: 'new' }] })
    const second = t.run(next.id)
    await second.settled()
    await t.engine.kill(next.id, { by: null })
    const { run: last } = await t.engine.retry(next.id, { by: null })
    const third = t.run(last.id)
    await third.settled()
    await third.answer({ approved: true })
    expect(await third.output()).toBe(true)
    expect(ran).toEqual(['clean up'])
  })

  it('[ER1] where the code itself failed it goes on with code that does not, and is refused with code that does', async () => {
    let isFixed = false
    const main = createWorkflow({ name: 'main' }, async (ctx: WorkflowContext<unknown>) => {
      const order = await ctx.run('read', () => ({ lines: 2 }))
      if (!isFixed) throw new TypeError('no such field')
      return ctx.run('write', () => order.lines)
    })
    const t = await testEngine({ workflows: [main] })
    const run = await t.start(main, {})
    await run.ended()
    await expect(t.engine.retry(run.id, { by: null })).rejects.toMatchObject({
      code: 'REPLAY_DIVERGED',
      message: expect.stringContaining('fails before anything new begins: no such field'),
    })
    isFixed = true
    const { run: next, plan } = await t.engine.retry(run.id, { by: null })
    expect(plan).toMatchObject({
      reuse: [{ key: 'read' }],
      next: [{ key: 'write', why: 'new', costUsd: null }],
    })
    expect(await t.run(next.id).output()).toBe(2)
  })

  it('[ER1] a step can be named from which it goes on', async () => {
    const w = world()
    const workflows = shop(w)
    const t = await testEngine({ workflows })
    const run = await failed(t, workflows)
    w.ran.length = 0
    w.broken = false
    const { run: next } = await t.engine.retry(run.id, { by: null, from: 'fragile' })
    await t.run(next.id).output()
    expect(w.ran.toSorted()).toEqual(['bad', 'before', 'clean up', 'good'])
  })

  it.each([
    ['SQLite', undefined],
    ['files', inFiles],
    ['PostgreSQL', inPostgres],
  ])(
    '[ER3] a crash around the write that makes it leaves it whole or not there: %s',
    async (_name, inPlace) => {
      const place = inPlace?.() ?? { open: (now: () => number) => openSqliteStore({ path: ':memory:', now }) }
      const w = world()
      const workflows = shop(w)
      const crash: Crash = { when: null, happened: () => {} }
      const t = await createTestEngine({
        workflows,
        openStore: async (now) => dying(await place.open(now), crash),
      })
      for (const when of ['before', 'after'] as const) {
        w.broken = true
        const run = await failed(t, workflows)
        w.ran.length = 0
        w.broken = false
        await new Promise<void>((resolve) => {
          Object.assign(crash, { when, happened: resolve })
          void t.engine.retry(run.id, { by: null })
        })
        const { run: next, made } = await t.engine.retry(run.id, { by: null })
        expect(made).toBe(when === 'before')
        expect(await t.run(next.id).ended()).toMatchObject({ status: 'completed', previous_run_id: run.id })
        expect(w.ran).toEqual(['bad', 'clean up'])
      }
      await t.close()
    },
  )
})

interface Crash {
  when: 'before' | 'after' | null
  happened: () => void
}

/** A store of which one write is never answered, as if its process had died there. */
function dying(inner: IWorkflowStore, crash: Crash): IWorkflowStore {
  return new Proxy(inner, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => Promise<unknown>
      if (property !== 'createWorkflowRun' || crash.when === null) return bound
      return async (...args: unknown[]) => {
        const { when } = crash
        crash.when = null
        if (when === 'after') await bound(...args)
        crash.happened()
        return await new Promise(() => {})
      }
    },
  })
}
