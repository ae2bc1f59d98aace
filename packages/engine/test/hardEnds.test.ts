import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { openSqliteStore } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestEngine, turns } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

describe('runs that cannot go on as they would', () => {
  it('[EE5] a journal at its limit fails the run, and says so', async () => {
    const w = workflow(async (ctx) => {
      for (let step = 0; step < 50; step++) await ctx.run(`s${step}`, () => step)
    })
    const t = await createTestEngine({
      workflows: [w],
      openStore: (now) => openSqliteStore({ path: ':memory:', now, journal: { stopAt: 40 } }),
    })
    const run = await t.start(w, {})
    expect(await run.ended()).toMatchObject({ status: 'failed', error: { code: 'JOURNAL_TOO_LONG' } })
    await t.close()
  })

  it('[EE5] state that is too large is refused where it is set', async () => {
    const w = workflow(async (ctx) => {
      ctx.set('a', 'a'.repeat(9_000_000))
      await ctx.run('after', () => 1)
    })
    const t = await testEngine({ workflows: [w] })
    expect(await (await t.start(w, {})).ended()).toMatchObject({
      status: 'failed',
      error: { code: 'STEP_OUTPUT_TOO_LARGE' },
    })
  })

  it('[EE5] continueAs is tried again while the store is away', async () => {
    const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext<unknown>) => {
      if ((ctx.input as { n: number }).n === 1) await ctx.continueAs({ n: 2 })
      return 'second'
    })
    const t = await testEngine({ workflows: [w] })
    const real = t.store.completeAndContinue.bind(t.store)
    let calls = 0
    t.store.completeAndContinue = async (request) => {
      if (++calls === 1) {
        const { WorkflowError } = await import('@holdfast/workflow-sdk')
        throw new WorkflowError('STORE_UNAVAILABLE', 'away')
      }
      return real(request)
    }
    const run = await t.start(w, { n: 1 })
    await t.advance('1s')
    const { continuedAs } = (await run.ended()).output as { continuedAs: string }
    expect(await t.run(continuedAs).output()).toBe('second')
    expect(calls).toBe(2)
  })

  it('[EW3] an owner that lost the run while it only waits leaves it', async () => {
    const w = workflow(async (ctx) => ctx.waitForEvent('go'))
    const t = await testEngine({ workflows: [w], settings: { parkAfterMs: 1000 } })
    const park = t.store.parkRun.bind(t.store)
    const tokens: string[] = []
    t.store.parkRun = async (request) => {
      if (tokens.push(request.ownerToken) === 1) await t.store.fenceRun(request.runId, request.ownerToken)
      return park(request)
    }
    await t.start(w, {})
    await t.advance('10s')
    expect(tokens).toHaveLength(1)
  })

  it('[EW6] a call that begins while the run parks is made in the next incarnation', async () => {
    let release!: () => void
    const foreign = new Promise<void>((resolve) => (release = resolve))
    const w = workflow(async (ctx) => {
      await Promise.race([ctx.waitForEvent('go'), foreign])
      return ctx.run('step', () => 'done')
    })
    const t = await testEngine({ workflows: [w] })
    const park = t.store.parkRun.bind(t.store)
    t.store.parkRun = async (request) => {
      release()
      await turns()
      return park(request)
    }
    const run = await t.start(w, {})
    await turns(200)
    expect(await run.output()).toBe('done')
  })

  it('[EE4] dropped waits and odd log messages do not end the process', async () => {
    const w = workflow(async (ctx) => {
      void ctx.sleep('1h')
      await ctx.run('log', ({ ctx }) => ctx.log.error(new Error('an object') as unknown as string))
      return 'ended'
    })
    const t = await testEngine({ workflows: [w] })
    expect(await (await t.start(w, {})).output()).toBe('ended')
    expect(t.files.lines.map((line) => line.message)).toContainEqual(expect.stringContaining('an object'))
  })

  it.each([
    ['approve', (ctx: WorkflowContext) => ctx.approve({ title: 'x', cover: 'tree' } as never)],
    ['waitForEvent', (ctx: WorkflowContext) => ctx.waitForEvent('x', { timeoutMS: 5 } as never)],
    ['sleep', (ctx: WorkflowContext) => ctx.sleep(1, { nam: 'x' } as never)],
    ['child', (ctx: WorkflowContext) => ctx.child('w', {}, { detach: true } as never)],
    ['map', (ctx: WorkflowContext) => ctx.map([], async () => 1, { concurency: 2 } as never)],
  ])('[ES9] ctx.%s refuses an unknown option', async (_name, call) => {
    const w = workflow(async (ctx) => call(ctx))
    const t = await testEngine({ workflows: [w] })
    expect((await (await t.start(w, {})).ended()).error).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })

  it('[EK5] setting another name than the journal holds diverges', async () => {
    let name = 'a'
    const w = workflow(async (ctx) => {
      ctx.set(name, 1)
      await ctx.sleep('1h')
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    name = 'b'
    await t.advance('1h')
    expect(await run.ended()).toMatchObject({ status: 'failed', error: { code: 'REPLAY_DIVERGED' } })
  })
})

describe('starts and families', () => {
  it('[EO7] starts at once do not exceed the concurrency of the worker', async () => {
    let running = 0
    let most = 0
    const w = workflow(async (ctx) =>
      ctx.run('work', async () => {
        most = Math.max(most, ++running)
        await turns(3)
        running--
      }),
    )
    const t = await testEngine({ workflows: [w], concurrency: 2 })
    const runs = await Promise.all(Array.from({ length: 20 }, () => t.start(w, {})))
    for (const run of runs) expect((await run.ended()).status).toBe('completed')
    expect(most).toBe(2)
  })

  it('[EC4] a child that ends before the parent wrote that it began is not waited for again', async () => {
    const child = createWorkflow({ name: 'child' }, async () => 'quick')
    const w = workflow(async (ctx) => ctx.child(child, {}))
    const t = await testEngine({ workflows: [w, child] })
    const append = t.store.appendAsOwner.bind(t.store)
    t.store.appendAsOwner = async (request) => {
      if (request.events.some((event) => event.type === 'child.started')) await turns(200)
      return append(request)
    }
    const run = await t.start(w, {})
    await turns(500)
    expect(await run.output()).toBe('quick')
    const types = (await run.journal()).map((event) => event.type)
    expect(types.indexOf('child.completed')).toBeLessThan(types.indexOf('child.started'))
  })

  it('[EC4] a failed child that is tried again is another child; null comes back as null', async () => {
    let executions = 0
    const child = createWorkflow({ name: 'child' }, async () => {
      if (++executions === 1) throw new Error('once')
      return null
    })
    const w = workflow(async (ctx) => ctx.child(child, {}), { onFailure: 'ask' })
    const t = await testEngine({ workflows: [w, child] })
    const run = await t.start(w, {})
    await turns(200)
    expect((await run.settled()).waiting_for).toMatchObject({ reason: 'failure' })
    await run.answer({ approved: true, answer: 'retry' })
    await turns(200)
    expect(await run.output()).toBeNull()
    expect(executions).toBe(2)
  })

  it('[EC5] a killed parent ends its children', async () => {
    const child = createWorkflow({ name: 'child' }, async (ctx: WorkflowContext) => ctx.sleep('10h'))
    const w = workflow(async (ctx) => ctx.child(child, {}))
    const t = await testEngine({ workflows: [w, child] })
    const run = await t.start(w, {})
    await run.settled()
    await t.engine.kill(run.id, { by: 'test' })
    const { items } = await t.store.listWorkflowRuns({ parentRunId: run.id })
    expect((await t.run(items[0]!.id).ended()).status).toBe('cancelled')
  })

  it('[ED5] an input is checked and completed once, whatever is replayed', async () => {
    let drawn = 0
    const input = z.object({ n: z.string().transform(Number), id: z.string().default(() => `id-${++drawn}`) })
    const child = createWorkflow({ name: 'child', input }, async (ctx) => ctx.input)
    const w = createWorkflow({ name: 'w', input }, async (ctx) => {
      const before = ctx.input.id
      await ctx.sleep('1h')
      return { before, after: ctx.input, child: await ctx.child('child', { n: '7' }) }
    })
    const t = await testEngine({ workflows: [w, child] })
    const run = await t.start(w, { n: '5' } as never)
    await run.settled()
    await t.advance('1h')
    const output = (await run.ended()).output
    expect(output).toEqual({ before: 'id-1', after: { n: 5, id: 'id-1' }, child: { n: 7, id: 'id-2' } })
  })
})
