import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testEngine } from './support/engine.ts'

const input = z.object({ customer: z.string(), size: z.number().default(1) })
type Input = z.infer<typeof input>
const key = ({ customer }: Input): string => customer

/** A workflow whose step ends when the test lets it, and who is in it now. */
function gated(config: object) {
  const inside = new Map<string, (value: string) => void>()
  const most = { seen: 0 }
  const workflow = createWorkflow({ name: 'w', input, ...config }, async (ctx: WorkflowContext<Input>) => {
    await ctx.run('work', async () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      inside.set(ctx.runId, resolve)
      most.seen = Math.max(most.seen, inside.size)
      await promise
      inside.delete(ctx.runId)
    })
    return ctx.input
  })
  return { workflow, inside, most }
}

describe('limits', () => {
  it('[EQ1] a concurrency key holds, over all runs of a worker, and lets the next in', async () => {
    const { workflow, inside, most } = gated({ concurrency: { limit: 2, key } })
    const t = await testEngine({ workflows: [workflow] })
    const runs = []
    for (let i = 0; i < 6; i++) runs.push(await t.start(workflow, { customer: 'ann', size: i }))
    const other = await t.start(workflow, { customer: 'bob', size: 0 })
    await t.advance(1)
    expect([...inside.keys()].toSorted()).toEqual([runs[0]!.id, runs[1]!.id, other.id].toSorted())
    const waiting = await t.store.getWorkflowRun(runs[2]!.id)
    expect(waiting).toMatchObject({ status: 'pending', waiting_for: { reason: 'concurrency' } })
    for (let i = 0; i < 10; i++) {
      for (const end of inside.values()) end('done')
      await t.advance(1)
    }
    for (const run of [...runs, other]) expect((await run.ended()).status).toBe('completed')
    expect(most.seen).toBe(3)
  })

  it('[EQ1] a run that waits parks and makes room; when it goes on it needs room again', async () => {
    const order: string[] = []
    const workflow = createWorkflow(
      { name: 'w', input: z.number(), concurrency: { limit: 1 } },
      async (ctx) => {
        await ctx.run('before', () => order.push(`${ctx.input} begins`))
        await ctx.sleep('1h')
        await ctx.run('after', () => order.push(`${ctx.input} ends`))
      },
    )
    const t = await testEngine({ workflows: [workflow] })
    const runs = []
    for (let i = 1; i <= 3; i++) runs.push(await t.start(workflow, i))
    await t.advance('1m')
    expect(order).toEqual(['1 begins', '2 begins', '3 begins'])
    await t.advance('1h')
    for (const run of runs) expect((await run.ended()).status).toBe('completed')
    expect(order.slice(3)).toEqual(['1 ends', '2 ends', '3 ends'])
  })

  it('[EQ1] priority decides which of those that wait goes next', async () => {
    const { workflow, inside } = gated({ concurrency: { limit: 1 }, priority: 1 })
    const t = await testEngine({ workflows: [workflow] })
    const order: string[] = []
    const first = await t.start(workflow, { customer: 'a', size: 1 })
    const usual = await t.start(workflow, { customer: 'a', size: 1 })
    const late = await t.start(workflow, { customer: 'a', size: 1 }, { priority: -2 })
    const urgent = await t.start(workflow, { customer: 'a', size: 1 }, { priority: 50 })
    for (let i = 0; i < 4; i++) {
      await t.advance(1)
      for (const [id, end] of inside) {
        order.push(id)
        end('done')
      }
    }
    await t.advance(1)
    expect(order).toEqual([first.id, urgent.id, usual.id, late.id])
    expect(await t.store.getWorkflowRun(usual.id)).toMatchObject({ priority: 1 })
  })

  it('[EQ2] a start rate lets so many begin within its window, by the clock of the engine', async () => {
    const began: [number, number][] = []
    const workflow = createWorkflow(
      { name: 'w', input: z.number(), rateLimit: { limit: 2, perMs: '1m' } },
      async (ctx) => {
        await ctx.run('note', () => void began.push([ctx.input, (t.clock.now() - start) / 1000]))
        await ctx.sleep('10s')
        return ctx.input
      },
    )
    const t = await testEngine({ workflows: [workflow] })
    const start = t.clock.now()
    const runs = []
    for (let i = 1; i <= 5; i++) runs.push(await t.start(workflow, i))
    await t.advance('59s')
    expect(began).toEqual([
      [1, 0],
      [2, 0],
    ])
    expect(await t.store.getWorkflowRun(runs[2]!.id)).toMatchObject({
      waiting_for: { reason: 'quota', until: new Date(start + 60_000).toISOString() },
    })
    await t.advance('90s')
    expect(began.map(([number]) => number)).toEqual([1, 2, 3, 4, 5])
    expect(began.map(([, seconds]) => seconds)).toEqual([0, 0, 60, 60, 120])
  })

  it('[EQ1] children are limited like other runs, and a parent that waits for them keeps no place', async () => {
    let inside = 0
    let most = 0
    const child = createWorkflow({ name: 'child', concurrency: { limit: 1 } }, async (ctx) =>
      ctx.run('work', async () => {
        most = Math.max(most, ++inside)
        await new Promise(setImmediate)
        inside--
      }),
    )
    const parent = createWorkflow({ name: 'parent', concurrency: { limit: 1 } }, async (ctx) => {
      await ctx.map([1, 2, 3], async (_, { ctx: inner }) => inner.child(child, {}))
      return 'done'
    })
    const t = await testEngine({ workflows: [child, parent] })
    const runs = [await t.start(parent, {}), await t.start(parent, {})]
    for (const run of runs) expect((await run.ended()).status).toBe('completed')
    expect(most).toBe(1)
  })

  it('[EQ1] continueAs keeps the key, and counts as no new start', async () => {
    const workflow = createWorkflow(
      {
        name: 'w',
        input: z.number(),
        concurrency: { limit: 1, key: (n) => `k${n}` },
        rateLimit: { limit: 1, perMs: '1h' },
        singleton: { onConflict: 'fail' },
      },
      async (ctx) => (ctx.input < 3 ? ctx.continueAs(ctx.input + 1) : 'done'),
    )
    const t = await testEngine({ workflows: [workflow] })
    await t.start(workflow, 1, { idempotencyKey: 'once' })
    await t.advance(1)
    const { items } = await t.store.listWorkflowRuns({ sort: 'created_at' })
    expect(
      items.map(({ input: n, status, concurrency_key, rate_key, singleton_key, idempotency_key }) => [
        n,
        status,
        concurrency_key,
        rate_key,
        singleton_key,
        idempotency_key,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [1, 'completed', 'k1', '', '', 'once'],
        [2, 'completed', 'k1', null, '', null],
        [3, 'completed', 'k1', null, '', null],
      ]),
    )
  })

  it.each([
    ['throws', () => JSON.parse('{') as string],
    ['is 7', () => 7 as unknown as string],
    ['has 501 characters', () => 'x'.repeat(501)],
  ])('[EQ4] a key that %s is refused at the start', async (says, wrong) => {
    const workflow = createWorkflow({ name: 'w', concurrency: { limit: 1, key: wrong } }, async () => 1)
    const t = await testEngine({ workflows: [workflow] })
    await expect(t.start(workflow, {})).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(new RegExp(`^key in concurrency of workflow "w" ${says}`)),
    })
    expect((await t.store.listWorkflowRuns()).total).toBe(0)
  })
})

describe('keys of starts', () => {
  it('[EQ3] an idempotency key is compared by the input as it was given', async () => {
    let made = 0
    const fresh = z.object({ a: z.number(), b: z.number(), id: z.number().default(() => ++made) })
    const workflow = createWorkflow({ name: 'w', input: fresh }, async (ctx) => ctx.input)
    const t = await testEngine({ workflows: [workflow] })
    const given = { a: 1, b: 2 } as z.infer<typeof fresh>
    const first = await t.start(workflow, given, { idempotencyKey: 'k' })
    expect(await first.output()).toEqual({ a: 1, b: 2, id: 1 })
    const turned = { b: 2, a: 1 } as z.infer<typeof fresh>
    const again = await t.start(workflow, turned, { idempotencyKey: 'k' })
    expect(again.id).toBe(first.id)
    await expect(t.start(workflow, { ...given, a: 2 }, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    await expect(t.start(workflow, given, { idempotencyKey: '' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
  })

  it('[EQ3] a singleton start joins the run that goes, or is refused', async () => {
    const { workflow, inside } = gated({ singleton: { key } })
    const t = await testEngine({ workflows: [workflow] })
    const first = await t.start(workflow, { customer: 'a', size: 1 })
    expect((await t.start(workflow, { customer: 'a', size: 2 })).id).toBe(first.id)
    expect((await t.start(workflow, { customer: 'b', size: 2 })).id).not.toBe(first.id)
    await t.advance(1)
    for (const end of inside.values()) end('done')
    await first.ended()
    expect((await t.start(workflow, { customer: 'a', size: 3 })).id).not.toBe(first.id)
  })

  it('[EQ3] a child whose singleton goes already fails: no other run can stand in for it', async () => {
    const { workflow } = gated({ singleton: {} })
    const parent = createWorkflow({ name: 'parent' }, async (ctx) =>
      ctx.child(workflow, { customer: 'a', size: 1 }).catch((error: { code: string }) => error.code),
    )
    const t = await testEngine({ workflows: [workflow, parent] })
    await t.start(workflow, { customer: 'a', size: 1 })
    expect(await (await t.start(parent, {})).output()).toBe('SINGLETON_CONFLICT')
  })

  it('[EQ3] debounced starts become one run with the last input, also in replay', async () => {
    const workflow = createWorkflow(
      { name: 'w', input: z.number(), debounce: { waitMs: '10s', maxWaitMs: '25s' } },
      async (ctx) => {
        await ctx.sleep('1m')
        return [ctx.input, t.clock.now() - start]
      },
    )
    const t = await testEngine({ workflows: [workflow] })
    const start = t.clock.now()
    const run = await t.start(workflow, 1)
    for (const number of [2, 3, 4]) {
      await t.advance('8s')
      expect((await t.start(workflow, number)).id).toBe(run.id)
    }
    expect(await t.store.getWorkflowRun(run.id)).toMatchObject({
      status: 'pending',
      input: 4,
      waiting_for: { reason: 'timer', until: new Date(start + 25_000).toISOString() },
    })
    await t.advance('1s')
    await t.advance('1m')
    expect(await run.output()).toEqual([4, 85_000])
    expect((await t.start(workflow, 5)).id).not.toBe(run.id)
  })

  it.each([
    ['startAt', { startAt: 'tomorrow' }],
    ['priority', { priority: 1000 }],
  ])('[EQ4] a start with a wrong %s is refused', async (option, more) => {
    const workflow = createWorkflow({ name: 'w' }, async () => 1)
    const t = await testEngine({ workflows: [workflow] })
    await expect(t.start(workflow, {}, more)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      details: { option },
    })
  })
})
