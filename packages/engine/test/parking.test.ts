import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

describe('parking', () => {
  it('[EW2] parks when no call was made for parkAfterMs, not earlier', async () => {
    const outside = Promise.withResolvers<void>()
    const w = workflow(async (ctx) => {
      void outside.promise.then(() => ctx.run('late', () => 'late'))
      await ctx.waitForEvent('go')
    })
    const t = await testEngine({ workflows: [w], settings: { parkAfterMs: 1000 } })
    const run = await t.start(w, {})
    const status = async () => (await t.store.getWorkflowRun(run.id)).status
    await t.advance(900)
    expect(await status()).toBe('running')
    outside.resolve()
    await t.advance(900)
    // The call began the quiet time anew.
    expect(await status()).toBe('running')
    await t.advance(100)
    expect(await status()).toBe('waiting')
  })

  it('[EW2] does not park while a step runs', async () => {
    const held = Promise.withResolvers<string>()
    const w = workflow(async (ctx) =>
      Promise.all([ctx.run('work', () => held.promise), ctx.waitForEvent('go')]).then(([value]) => value),
    )
    const t = await testEngine({ workflows: [w], settings: { parkAfterMs: 1000 } })
    const run = await t.start(w, {})
    await t.advance('10m')
    expect((await t.store.getWorkflowRun(run.id)).status).toBe('running')
    held.resolve('worked')
    await t.advance(1000)
    expect((await run.settled()).status).toBe('waiting')
    await run.send('go')
    expect(await run.output()).toBe('worked')
  })

  it('[EW2] the delay of a retry wakes a run that parks at once and waits for something else as well', async () => {
    const w = workflow(async (ctx) => {
      const { value } = await ctx.race({
        never: (own) => own.waitForEvent('never'),
        work: (own) =>
          own.run(
            'work',
            async ({ attempt }) => {
              await turns(20)
              if (attempt === 1) throw new Error('the first time')
              return 'worked'
            },
            { retry: { maxAttempts: 2, delayMs: '1m', jitter: false } },
          ),
      })
      return value
    })
    const t = await testEngine({ workflows: [w], settings: { parkAfterMs: 0 } })
    const run = await t.start(w, {})
    expect((await run.settled()).status).toBe('waiting')
    await t.advance('1m')
    expect(await run.output()).toBe('worked')
  })

  it('[EC4] is not parked on a child whose end it hears of in that moment', async () => {
    const child = createWorkflow({ name: 'child' }, (ctx) => ctx.run('work', () => 'worked'))
    const w = workflow((ctx) => ctx.child(child, {}))
    const t = await testEngine({ workflows: [w, child], settings: { parkAfterMs: 0 } })
    const { store } = t
    const park = store.parkRun.bind(store)
    let parks = 0
    // The child ends between the parent's look at its journal and its first park, which is refused therefore.
    store.parkRun = async (request) => {
      if (request.waitingFor.reason === 'child' && parks++ === 0)
        while ((await store.listWorkflowRuns({ status: 'completed' })).items.length === 0) await turns(1)
      return await park(request)
    }
    const run = await t.start(w, {})
    expect(await run.output()).toBe('worked')
    expect(parks).toBe(1)
  })

  it('[EW2] at park the signal aborts with the reason `parked` and onPark runs, not at the end', async () => {
    const seen: string[] = []
    const w = workflow(async (ctx) => {
      ctx.onPark(() => {
        throw new Error('a hook that fails keeps nothing from parking')
      })
      ctx.onPark(() => seen.push('hook'))
      ctx.signal.addEventListener('abort', () => seen.push(String(ctx.signal.reason)))
      try {
        await ctx.waitForEvent('go')
      } finally {
        seen.push('finally')
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect((await run.settled()).status).toBe('waiting')
    expect(seen).toEqual(['hook', 'parked'])
    await run.send('go')
    await run.output()
    expect(seen.slice(0, 3)).toEqual(['hook', 'parked', 'finally'])
    expect(seen.filter((word) => word === 'hook')).toHaveLength(1)
  })

  it('[EW6] a call that reaches a parked incarnation makes the run due at once, and never settles', async () => {
    const outside = Promise.withResolvers<void>()
    const settled: string[] = []
    let incarnation = 0
    let effects = 0
    const w = workflow(async (ctx) => {
      const mine = ++incarnation
      const late = outside.promise.then(() => ctx.run('late', () => ++effects))
      void late.then(() => settled.push(`late ${mine}`))
      await ctx.waitForEvent('go')
      return late
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    expect(incarnation).toBe(1)
    outside.resolve()
    // Nobody sends anything and no time passes.
    await t.advance(0)
    expect(incarnation).toBe(2)
    expect(effects).toBe(1)
    await run.settled()
    await run.send('go')
    expect(await run.output()).toBe(1)
    expect(effects).toBe(1)
    expect(settled).not.toContain('late 1')
  })
})
