import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)
const forever = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('scopes', () => {
  it('[EK2] map runs each item in its own scope, at most `concurrency` at a time, in order', async () => {
    let running = 0
    let most = 0
    const w = workflow(async (ctx) =>
      ctx.map(
        [1, 2, 3, 4, 5],
        async (item, { ctx, index }) => {
          most = Math.max(most, ++running)
          const value = await ctx.run('double', () => item * 2)
          await ctx.sleep(10)
          running--
          return [index, value]
        },
        { concurrency: 2 },
      ),
    )
    const t = await testEngine({ workflows: [w], settings: { parkAfterMs: 1_000_000 } })
    const run = await t.start(w, {})
    await t.advance(1000)
    expect(await run.output()).toEqual([1, 2, 3, 4, 5].map((item, index) => [index, item * 2]))
    expect(most).toBe(2)
  })

  it('[EC2] race records the winner and ends the others', async () => {
    const aborted: string[] = []
    const w = workflow(async (ctx) => {
      const first = await ctx.race({
        slow: (ctx) =>
          ctx.run(
            'slow',
            ({ signal }) => (signal.addEventListener('abort', () => aborted.push('slow')), forever(signal)),
          ),
        gate: async (ctx) => (await ctx.approve({ title: 'Well?' })).approved,
        quick: async (ctx) => {
          await ctx.sleep('1m')
          return ctx.run('quick', () => 'quick')
        },
      })
      await ctx.sleep('1h')
      return first
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance('1m')
    expect(aborted).toEqual(['slow'])
    expect(await run.questions()).toEqual([])
    await run.settled()
    await t.restart()
    await t.advance('1h')
    expect(await run.output()).toEqual({ winner: 'quick', value: 'quick' })
  })

  it('[EC3] a scope with retry repeats its waits and steps together', async () => {
    const calls: string[] = []
    const w = workflow(async (ctx) =>
      ctx.scope(
        'attempt',
        async (ctx) => {
          await ctx.sleep('1m')
          const n = await ctx.run('work', () => calls.push('work'))
          if (n < 3) throw new Error(`only ${n}`)
          return n
        },
        { retry: { maxAttempts: 3, delayMs: '1h', backoff: 'fixed', jitter: false } },
      ),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    for (let round = 0; round < 3; round++) {
      await run.settled()
      await t.restart()
      await t.advance('1m')
      await run.settled()
      await t.advance('1h')
    }
    expect(await run.output()).toBe(3)
    expect(calls).toHaveLength(3)
    expect((await run.steps())[0]).toMatchObject({
      name: 'attempt',
      kind: 'scope',
      attempt_number: 3,
      status: 'completed',
    })
  })

  it('[EC1] the first failing branch of all ends the others', async () => {
    const w = workflow(async (ctx) => {
      try {
        await ctx.all({
          bad: (ctx) => ctx.run('bad', () => Promise.reject(new Error('bad')), { retry: { maxAttempts: 1 } }),
          long: (ctx) => ctx.run('long', ({ signal }) => forever(signal)),
        })
      } catch (error) {
        return (error as Error).message
      }
      return null
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.output()).toBe('bad')
    expect((await run.steps()).find((step) => step.name === 'long')?.status).toBe('cancelled')
  })

  it('[EK3] two branches that share a queue: the call is refused with SCOPE_MISMATCH', async () => {
    const w = workflow(async (ctx) => {
      const jobs: (() => void)[] = []
      return ctx.all({
        worker: async (ctx) => {
          await ctx.run('start', () => 1)
          for (const job of jobs) job()
          return 'worker'
        },
        client: async (ctx) =>
          new Promise((resolve) =>
            jobs.push(
              () =>
                void ctx.run('job', () => 1).then(resolve, (error: { code: string }) => resolve(error.code)),
            ),
          ),
      })
    })
    const t = await testEngine({ workflows: [w] })
    expect(await (await t.start(w, {})).output()).toEqual({ worker: 'worker', client: 'SCOPE_MISMATCH' })
  })

  it('[EK3] a call on an outer context inside a step belongs to the step', async () => {
    const w = workflow(async (ctx) =>
      ctx.run('outer', async () => {
        await ctx.run('inner', () => 1)
        return 'ok'
      }),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.output()).toBe('ok')
    expect((await run.steps()).map((step) => step.step_key)).toEqual(['outer', 'outer@1/inner'])
  })

  it('[EK4] equal names set in motion from outside are ambiguous while others are open', async () => {
    const w = workflow(async (ctx) => {
      const tick = () => new Promise((resolve) => setTimeout(resolve, 1))
      const codes = await Promise.all(
        [1, 2].map(async () => {
          await tick()
          return ctx
            .run('same', ({ signal }) => Promise.race([forever(signal), tick()]))
            .then(
              () => 'ok',
              (error: { code: string }) => error.code,
            )
        }),
      )
      return codes.toSorted()
    })
    const t = await testEngine({ workflows: [w] })
    expect(await (await t.start(w, {})).output()).toEqual(['STEP_NAME_AMBIGUOUS', 'ok'])
  })
})

describe('children', () => {
  const child = createWorkflow({ name: 'child' }, async (ctx: WorkflowContext<unknown>) => {
    const { data } = (await ctx.waitForEvent<string>('go')) ?? { data: 'none' }
    return { got: data, input: ctx.input }
  })

  it('[EC4] a child is started once, the parent parks, and gets its output', async () => {
    const w = workflow(async (ctx) => ctx.child(child, { n: 1 }))
    const t = await testEngine({ workflows: [w, child] })
    const run = await t.start(w, {})
    expect((await run.settled()).waiting_for).toMatchObject({ reason: 'child' })
    await t.restart()
    const { items } = await t.store.listWorkflowRuns({ parentRunId: run.id })
    expect(items).toHaveLength(1)
    await t.run(items[0]!.id).send('go', 'now')
    expect(await run.output()).toEqual({ got: 'now', input: { n: 1 } })
  })

  it('[EC5] a failed child fails the call, a cancelled parent cancels its child', async () => {
    const bad = createWorkflow({ name: 'bad' }, async () => {
      throw new Error('child says no')
    })
    const w = workflow(async (ctx) => ctx.child(bad, {}))
    const parent = createWorkflow({ name: 'parent' }, async (ctx: WorkflowContext<unknown>) =>
      ctx.child(child, {}),
    )
    const t = await testEngine({ workflows: [w, bad, child, parent] })
    expect(await (await t.start(w, {})).ended()).toMatchObject({
      status: 'failed',
      error: { code: 'CHILD_FAILED', message: expect.stringContaining('child says no') },
    })
    const run = await t.start(parent, {})
    await run.settled()
    await run.cancel()
    expect((await run.settled()).status).toBe('cancelled')
    const { items } = await t.store.listWorkflowRuns({ parentRunId: run.id })
    expect((await t.run(items[0]!.id).settled()).status).toBe('cancelled')
  })

  it('[EC5] a child that is not waited for ends with its parent, unless detached', async () => {
    const w = workflow(async (ctx) => {
      const a = await ctx.child('child', {}, { wait: false, name: 'a' })
      const b = await ctx.child('child', {}, { wait: false, name: 'b', onParentClose: 'detach' })
      return [a.runId, b.runId]
    })
    const t = await testEngine({ workflows: [w, child] })
    const run = await t.start(w, {})
    const [a, b] = await run.output()
    expect((await t.run(a!).settled()).status).toBe('cancelled')
    expect((await t.run(b!).settled()).status).toBe('waiting')
  })

  it('[EC6] continueAs ends the run and starts its successor with the state', async () => {
    const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext<unknown>) => {
      const { n } = ctx.input as { n: number }
      ctx.set('sum', (ctx.get<number>('sum') ?? 0) + n)
      if (n < 3) await ctx.continueAs({ n: n + 1 })
      return ctx.get('sum')
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, { n: 1 })
    const second = (await run.ended()).output as { continuedAs: string }
    const third = (await t.run(second.continuedAs).ended()).output as { continuedAs: string }
    expect(await t.run(third.continuedAs).output()).toBe(6)
    expect(await t.store.getWorkflowRun(third.continuedAs)).toMatchObject({
      previous_run_id: second.continuedAs,
    })
  })
})
