import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('waits', () => {
  it('[EW1] try, catch and finally around a wait see nothing of the parking', async () => {
    const seen: string[] = []
    const w = workflow(async (ctx) => {
      try {
        await ctx.sleep('1h')
        seen.push('slept')
      } catch {
        seen.push('catch')
      } finally {
        seen.push('finally')
      }
      return seen.length
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.settled()).toMatchObject({
      status: 'waiting',
      waiting_for: { reason: 'timer', until: '2026-01-01T01:00:00.000Z' },
    })
    expect(seen).toEqual([])
    await t.advance('1h')
    expect(await run.output()).toBe(2)
    expect(seen).toEqual(['slept', 'finally'])
  })

  it('[EE4] Promise.race between a step and a sleep, whichever is first', async () => {
    let release!: () => void
    const gate = new Promise<void>((resolve) => (release = resolve))
    const w = workflow(async (ctx) =>
      Promise.race([
        ctx.run('work', ({ signal }) => Promise.race([gate.then(() => 'work'), aborted(signal)])),
        ctx.sleep('1m').then(() => 'sleep'),
      ]),
    )
    const t = await testEngine({ workflows: [w] })
    const slow = await t.start(w, {})
    await t.advance('1m')
    expect(await slow.output()).toBe('sleep')
    expect((await slow.steps())[0]).toMatchObject({ name: 'work', status: 'cancelled' })
    release()
    const fast = await t.start(w, {})
    expect(await fast.output()).toBe('work')
  })

  it('[EW1] an approval inside one of two parallel branches', async () => {
    const w = workflow(async (ctx) =>
      ctx.all({
        left: async (ctx) => {
          const { approved, by } = await ctx.approve({ name: 'gate', title: 'Go on?' })
          return ctx.run('after', () => ({ approved, by }))
        },
        right: async (ctx) => {
          await ctx.sleep('10m')
          return ctx.run('right', () => 'right')
        },
      }),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.settled()).toMatchObject({
      status: 'waiting',
      waiting_for: { reason: 'approval', detail: 'Go on?' },
    })
    await t.advance('10m')
    expect((await run.steps()).find((step) => step.name === 'right')?.status).toBe('completed')
    await run.answer({ approved: true })
    expect(await run.output()).toEqual({ left: { approved: true, by: 'test' }, right: 'right' })
  })

  it('[EW4] an event that came before anyone waits is kept, and goes to one waiter, the oldest', async () => {
    const w = workflow(async (ctx) => {
      const [a, b] = await Promise.all([
        ctx.waitForEvent<number>('ping', { key: 'a' }),
        ctx.waitForEvent<number>('ping', { key: 'b' }),
      ])
      return [a?.data, b?.data]
    })
    const t = await testEngine({ workflows: [w] })
    const early = await t.start(w, {}, { startAt: '2026-01-01T00:10:00.000Z' })
    await early.send('ping', 1)
    await t.advance('10m')
    await early.settled()
    await early.send('ping', 2)
    expect(await early.output()).toEqual([1, 2])
  })

  it('[EW4] match takes CEL or a partial object; the time-out gives null', async () => {
    const w = workflow(async (ctx) => {
      const high = await ctx.waitForEvent<{ score: number }>('lead', { match: 'event.data.score > 80' })
      const tagged = await ctx.waitForEvent<{ tag: { color: string } }>('lead', {
        match: { tag: { color: 'red' } },
      })
      const none = await ctx.waitForEvent('never', { timeoutMs: '1h' })
      return [high?.data.score, tagged?.data.tag.color, none]
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    for (const data of [
      { score: 10 },
      { other: true },
      { score: 90 },
      { tag: { color: 'blue' } },
      { tag: { color: 'red', extra: 1 } },
    ])
      await run.send('lead', data)
    await run.settled()
    await t.advance('1h')
    expect(await run.output()).toEqual([90, 'red', null])
  })

  it('[EW3] an event that arrives while the run parks is not lost', async () => {
    const w = workflow(async (ctx) => (await ctx.waitForEvent<string>('go'))?.data)
    const t = await testEngine({ workflows: [w] })
    const park = t.store.parkRun.bind(t.store)
    const answers: boolean[] = []
    t.store.parkRun = async (request) => {
      if (answers.length === 0)
        await t.store.appendFromOutside(request.runId, {
          type: 'event.received',
          payload: { name: 'go', data: 'now', id: 'e1', by: null },
        })
      const answer = await park(request)
      answers.push(answer.parked)
      return answer
    }
    const run = await t.start(w, {})
    expect(await run.output()).toBe('now')
    expect(answers[0]).toBe(false)
  })

  it('[EW5] asks again when an answer does not fit', async () => {
    const w = workflow(async (ctx) =>
      ctx.ask({ title: 'How many?', schema: z.object({ count: z.number().int() }) }),
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'question' } })
    const [first] = await run.questions()
    expect(first?.answer_schema).toMatchObject({ type: 'object' })
    await expect(run.answer({ approved: true, answer: { count: 'three' } })).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      message: expect.stringContaining('count is string, expected integer'),
    })
    // What only the author's schema can tell comes back as the next revision.
    await run.answer({ approved: true, answer: { count: 1.5 } })
    await run.settled()
    const [second] = await run.questions()
    expect(second).toMatchObject({ revision: 2, body: expect.stringContaining('count') })
    await t.restart()
    await run.answer({ approved: true, answer: { count: 3 } })
    expect(await run.output()).toEqual({ count: 3 })
  })

  it.each([
    ['reject', { approved: false }],
    ['approve', { approved: true }],
  ] as const)('[EW5] a time-out means %s', async (onTimeout, expected) => {
    const w = workflow(async (ctx) => ctx.approve({ title: 'Well?', timeoutMs: '1h', onTimeout }))
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance('1h')
    expect(await run.output()).toMatchObject(expected)
  })

  it('[EW5] refuses a second answer and names who was first; the same again is fine', async () => {
    const w = workflow(async (ctx) => ctx.approve({ name: 'gate', title: 'Well?' }))
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    const [question] = await run.questions()
    const answer = { approvalId: question!.id, approved: true, by: 'ann' }
    await t.engine.answer(run.id, answer)
    expect(await run.output()).toMatchObject({ approved: true, by: 'ann' })
    await expect(t.engine.answer(run.id, { ...answer, approved: false, by: 'bob' })).rejects.toMatchObject({
      code: expect.stringMatching(/ALREADY_ANSWERED|RUN_FINISHED/),
    })
  })
})

describe('cancel', () => {
  it('[EE1] a parked run that is cancelled runs its finally', async () => {
    const w = workflow(async (ctx) => {
      try {
        await ctx.sleep('10h')
      } finally {
        await ctx.run('clean up', () => 'cleaned')
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await run.cancel()
    expect((await run.settled()).status).toBe('cancelled')
    expect((await run.steps()).map(({ name, status }) => [name, status])).toEqual([['clean up', 'completed']])
    expect((await run.journal()).at(-1)).toMatchObject({ type: 'run.cancelled', payload: { cleanup: 'ran' } })
  })

  it('[EE1] a running step is aborted and rejects with CancelledError', async () => {
    const seen: unknown[] = []
    const w = workflow(async (ctx) => {
      try {
        await ctx.run(
          'work',
          ({ signal }) =>
            new Promise((_, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason as Error)),
            ),
        )
      } catch (error) {
        seen.push((error as { code: string }).code)
        throw error
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance(1)
    await run.cancel()
    expect((await run.settled()).status).toBe('cancelled')
    expect(seen).toEqual(['RUN_CANCELLED'])
    expect((await run.steps())[0]).toMatchObject({ status: 'cancelled' })
  })

  it('[EE1] a clean-up that takes too long is cut off', async () => {
    const w = workflow(async (ctx) => {
      try {
        await ctx.sleep('10h')
      } finally {
        await ctx.sleep('10h')
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await run.cancel()
    await t.advance(29_000)
    expect((await t.store.getWorkflowRun(run.id)).status).toBe('cancelling')
    await t.advance(1000)
    expect(await run.settled()).toMatchObject({ status: 'cancelled' })
    expect((await run.journal()).at(-1)?.payload).toMatchObject({ cleanup: 'cut-off' })
  })

  it('[EE2] the run time-out counts running time only', async () => {
    const w = workflow(
      async (ctx) => {
        await ctx.sleep('10h')
        await ctx.run(
          'work',
          ({ signal }) =>
            new Promise((_, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason as Error)),
            ),
        )
      },
      { timeoutMs: '1m' },
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance('10h')
    expect((await t.store.getWorkflowRun(run.id)).status).toBe('running')
    await t.advance('1m')
    expect(await run.settled()).toMatchObject({ status: 'timed_out', error: { code: 'RUN_TIMED_OUT' } })
  })

  it('[EE2] the deadline holds while the run is parked', async () => {
    const w = workflow(async (ctx) => ctx.sleep('10h'), { deadlineMs: '1h' })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    await t.advance('1h')
    expect(await run.settled()).toMatchObject({ status: 'timed_out', error: { code: 'DEADLINE_EXCEEDED' } })
  })

  it('[EE3] kill ends a run at once', async () => {
    const w = workflow(async (ctx) => ctx.run('work', () => new Promise(() => {})))
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance(100)
    await t.engine.kill(run.id, { by: 'test' })
    expect((await run.settled()).status).toBe('killed')
    expect((await run.steps())[0]).toMatchObject({ status: 'cancelled' })
    await expect(t.engine.cancel(run.id, { by: 'test' })).rejects.toMatchObject({ code: 'RUN_FINISHED' })
  })
})
