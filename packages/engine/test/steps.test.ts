import { createWorkflow, FatalError, RetryableError, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

describe('steps', () => {
  it('[ES13] a failure outside of the code tells the line that made the call, live and in replay', async () => {
    const stacks: string[] = []
    const callNobody = async (ctx: WorkflowContext<unknown>): Promise<void> => {
      await ctx.child('nobody', {})
    }
    const w = workflow(async (ctx) => {
      await callNobody(ctx).catch((error: Error) => stacks.push(error.stack ?? ''))
      await ctx.sleep('1h')
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.restart()
    await t.advance('1h')
    expect((await run.ended()).status).toBe('completed')
    const [step] = await run.steps()
    expect(step!.error?.stack).toMatch(
      /WorkflowError: .*\n(.*\n)+ {4}at callNobody \(.*steps\.test\.ts:\d+:\d+\)/,
    )
    expect(stacks).toHaveLength(2)
    expect(stacks[0]).toMatch(/^StepError: .*\n {4}at (.*\n)+ {4}at callNobody \(.*steps\.test\.ts:\d+:\d+\)/)
    expect(stacks[1]).toBe(stacks[0])
  })

  it('[ED2] runs steps in order, keeps their results, and completes', async () => {
    const w = workflow(async (ctx) => {
      const a = await ctx.run('a', () => 1)
      const b = await ctx.run('b', async () => ({ twice: a * 2 }))
      return { a, b }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.output()).toEqual({ a: 1, b: { twice: 2 } })
    expect(
      (await run.steps()).map(({ step_number, name, status, attempt_number }) => ({
        step_number,
        name,
        status,
        attempt_number,
      })),
    ).toEqual([
      { step_number: 1, name: 'a', status: 'completed', attempt_number: 1 },
      { step_number: 2, name: 'b', status: 'completed', attempt_number: 1 },
    ])
    const journal = await run.journal()
    expect(journal.map((event) => event.sequence)).toEqual(journal.map((_, index) => index + 1))
    expect(journal.map((event) => event.type)).toEqual([
      'run.created',
      'run.started',
      'step.started',
      'step.completed',
      'step.started',
      'step.completed',
      'run.completed',
    ])
  })

  it('[EK1] keeps equal names apart: review, implement, review', async () => {
    const w = workflow(async (ctx) => {
      const seen = []
      for (const name of ['review', 'implement', 'review'])
        seen.push(await ctx.run(name, () => `${name} ${seen.length}`))
      return seen
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.output()).toEqual(['review 0', 'implement 1', 'review 2'])
    expect((await run.steps()).map((step) => step.step_key)).toEqual(['review', 'implement', 'review:1'])
  })

  it('[ES2] tries again with growing delays and records each attempt', async () => {
    let attempts = 0
    const w = workflow(async (ctx) =>
      ctx.run(
        'flaky',
        () => {
          attempts++
          if (attempts < 3) throw new Error(`no ${attempts}`)
          return attempts
        },
        { retry: { maxAttempts: 5, delayMs: 1000, jitter: false } },
      ),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect((await run.settled()).waiting_for).toMatchObject({ reason: 'retry' })
    await t.advance(1000)
    expect(attempts).toBe(2)
    await t.advance(1999)
    expect(attempts).toBe(2)
    await t.advance(1)
    expect(await run.output()).toBe(3)
    const logs = (await t.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
    expect(logs.map(({ attempt_number, status }) => [attempt_number, status])).toEqual([
      [1, 'FAILURE'],
      [2, 'FAILURE'],
      [3, 'SUCCESS'],
    ])
    expect((await run.steps())[0]).toMatchObject({ attempt_number: 3, max_attempts: 5, status: 'completed' })
  })

  it('[ES2] gives up at a FatalError and rejects with a StepError', async () => {
    const w = workflow(async (ctx) => {
      try {
        await ctx.run('broken', () => {
          throw new FatalError('never', { details: { why: 'because' } })
        })
      } catch (error) {
        return {
          name: (error as Error).name,
          message: (error as Error).message,
          data: (error as { data: unknown }).data,
          attempts: (error as { attempts: number }).attempts,
        }
      }
      return null
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.output()).toEqual({
      name: 'StepError',
      message: 'never',
      data: { why: 'because' },
      attempts: 1,
    })
  })

  it('[ES2] waits as long as a RetryableError says', async () => {
    let attempts = 0
    const w = workflow(async (ctx) =>
      ctx.run('busy', () => {
        if (++attempts === 1) throw new RetryableError('later', { afterMs: 3_600_000 })
        return 'done'
      }),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance(3_599_000)
    expect(attempts).toBe(1)
    await t.advance(1000)
    expect(await run.output()).toBe('done')
  })

  it('[ES3] fails an attempt at its time-out and aborts its signal', async () => {
    const reasons: unknown[] = []
    const w = workflow(async (ctx) =>
      ctx.run(
        'slow',
        ({ signal }) =>
          new Promise((_, reject) =>
            signal.addEventListener(
              'abort',
              () => (reasons.push(signal.reason), reject(signal.reason as Error)),
            ),
          ),
        {
          timeoutMs: 5000,
          retry: { maxAttempts: 1 },
        },
      ),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance(5000)
    const row = await run.settled()
    expect(row.status).toBe('failed')
    expect(row.error).toMatchObject({ code: 'STEP_TIMED_OUT' })
    expect(reasons).toMatchObject([{ code: 'STEP_TIMED_OUT' }])
  })

  it('[ED5] a value that cannot be stored fails the step with its path, without another attempt', async () => {
    let attempts = 0
    const w = workflow(async (ctx) => ctx.run('bad', () => (attempts++, { list: [{ onDone: () => {} }] })))
    const t = await testEngine({ workflows: [w] })
    const row = await (await t.start(w, {})).settled()
    expect(row.error).toMatchObject({
      code: 'STEP_OUTPUT_NOT_SERIALIZABLE',
      message: expect.stringContaining('result.list[0].onDone'),
    })
    expect(attempts).toBe(1)
  })

  it('[ED5] live code receives the decoded stored form, never the original object', async () => {
    const original = { list: [1] }
    const w = workflow(async (ctx) => {
      const first = await ctx.run('a', () => original)
      return { same: first === original, undefinedStays: (await ctx.run('b', () => undefined)) === undefined }
    })
    const t = await testEngine({ workflows: [w] })
    expect(await (await t.start(w, {})).output()).toEqual({ same: false, undefinedStays: true })
  })

  it('[ES6] large results become blobs and come back whole, live and in replay', async () => {
    const w = workflow(async (ctx) => {
      const big = await ctx.run('big', () => ({ text: 'é'.repeat(100_000) }))
      await ctx.sleep('1h')
      return big.text.length
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    const completed = (await run.journal()).find((event) => event.type === 'step.completed')
    expect(completed?.payload).toMatchObject({ output: { blob: { bytes: 200_011 } } })
    await t.advance('1h')
    expect(await run.output()).toBe(100_000)
  })

  it('[ES4] inner calls belong to the attempt: reused after a hand-over, run anew in a retry', async () => {
    const calls: string[] = []
    let outer = 0
    const w = workflow(async (ctx) =>
      ctx.run(
        'outer',
        async ({ ctx, attempt }) => {
          await ctx.run('inner', () => void calls.push(`inner ${attempt}`))
          await ctx.run('kept', () => void calls.push(`kept ${attempt}`), { keep: 'step' })
          if (++outer === 1) throw new Error('again')
          return attempt
        },
        { retry: { maxAttempts: 2, delayMs: 10 } },
      ),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance(1000)
    expect(await run.output()).toBe(2)
    expect(calls).toEqual(['inner 1', 'kept 1', 'inner 2'])
    const steps = await run.steps()
    expect(steps.filter((step) => step.parent_step_id === steps[0]?.id).map((step) => step.name)).toEqual([
      'inner',
      'kept',
      'inner',
    ])
  })

  it('[ES5] refuses a durable wait inside a step and names the remedy', async () => {
    const w = workflow(async (ctx) => ctx.run('outer', ({ ctx }) => ctx.sleep('1s')))
    const t = await testEngine({ workflows: [w] })
    const row = await (await t.start(w, {})).settled()
    expect(row.error).toMatchObject({
      code: 'WAIT_INSIDE_STEP',
      message: expect.stringContaining('ctx.scope'),
    })
  })

  it('[ES9] refuses unknown options', async () => {
    const w = workflow(async (ctx) => ctx.run('a', () => 1, { retires: 3 } as object))
    const t = await testEngine({ workflows: [w] })
    expect((await (await t.start(w, {})).settled()).error).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })
})

describe('state', () => {
  it('[EV1] what step 1 sets, step 3 reads, also after every step is replayed', async () => {
    const w = workflow(async (ctx) => {
      await ctx.run('one', ({ ctx }) => ctx.set('color', 'red'))
      ctx.set('size', 3)
      await ctx.sleep('1h')
      ctx.delete('size')
      return ctx.run('three', ({ ctx }) => ({ color: ctx.get('color'), size: ctx.has('size') }))
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    const parked = await run.settled()
    expect(parked.state).toEqual({ color: 'red', size: 3 })
    await t.restart()
    await t.advance('1h')
    expect(await run.output()).toEqual({ color: 'red', size: false })
    expect((await run.settled()).state).toEqual({ color: 'red' })
  })

  it('[EV2] changes of a failed attempt are dropped', async () => {
    let attempts = 0
    const w = workflow(async (ctx) => {
      await ctx.run(
        'flaky',
        ({ ctx, attempt }) => {
          ctx.set(`from ${attempt}`, true)
          if (++attempts === 1) throw new Error('again')
        },
        { retry: { delayMs: 1 } },
      )
      return { first: ctx.has('from 1'), second: ctx.has('from 2') }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance(1000)
    expect(await run.output()).toEqual({ first: false, second: true })
  })

  it('[EK6] now, uuid and random are the same in every replay', async () => {
    const seen: unknown[] = []
    const w = workflow(async (ctx) => {
      await ctx.run('a', () => 1)
      seen.push([ctx.now().toISOString(), ctx.uuid(), ctx.random(), ctx.uuid()])
      await ctx.sleep('1h')
      return ctx.now().toISOString()
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance('1h')
    expect(await run.output()).toBe('2026-01-01T01:00:00.000Z')
    expect(seen).toHaveLength(2)
    expect(seen[1]).toEqual(seen[0])
  })
})
