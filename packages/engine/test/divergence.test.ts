import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

describe('divergence', () => {
  it('[EK5] another kind of call under the same key fails the run, although its code catches the error', async () => {
    let changed = false
    const caught: unknown[] = []
    const w = workflow(async (ctx) => {
      if (changed) {
        try {
          await ctx.sleep('1s', { name: 'first' })
        } catch (error) {
          caught.push((error as { code: string }).code)
        }
      } else await ctx.run('first', () => 1)
      await ctx.sleep('1h')
      return 'went on'
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    changed = true
    await t.restart()
    await t.advance('1h')
    expect(await run.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'REPLAY_DIVERGED', message: expect.stringContaining('at first') },
    })
    expect(caught).toEqual(['REPLAY_DIVERGED'])
  })

  it('[EK5] another declared input diverges, another undeclared one does not', async () => {
    let n = 1
    const w = workflow(async (ctx) => {
      const free = n
      const seen = await ctx.run('free', () => free)
      const { declared } = ctx.input as { declared: boolean }
      if (declared) await ctx.run('bound', () => n, { input: { n } })
      await ctx.sleep('1h')
      return seen
    })
    const t = await testEngine({ workflows: [w] })
    const bound = await t.start(w, { declared: true })
    const free = await t.start(w, { declared: false })
    await bound.settled()
    await free.settled()
    n = 2
    await t.advance('1h')
    expect(await bound.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'REPLAY_DIVERGED', data: { key: 'bound' } },
    })
    expect(await free.output()).toBe(1)
  })

  it('[EK5, EE1] a parked run that diverges when it is cancelled is cancelled, its clean-up not run', async () => {
    let changed = false
    let cleaned = 0
    const w = workflow(async (ctx) => {
      try {
        if (changed) await ctx.sleep('1s', { name: 'first' })
        else await ctx.run('first', () => 1)
        await ctx.sleep('1h')
      } finally {
        await ctx.run('clean up', () => ++cleaned)
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    changed = true
    await run.cancel()
    expect(await run.ended()).toMatchObject({ status: 'cancelled' })
    expect((await run.journal()).at(-1)).toMatchObject({
      type: 'run.cancelled',
      payload: { cleanup: 'not-run', error: { code: 'REPLAY_DIVERGED' } },
    })
    expect(cleaned).toBe(0)
  })

  it('[EE1] a parked run that diverges later than at its first call is cancelled, its clean-up not run', async () => {
    let changed = false
    const w = workflow(async (ctx) => {
      await ctx.run('first', () => 1)
      await ctx.run('second', () => 2)
      if (changed) await ctx.waitForEvent('third')
      else await ctx.run('third', () => 3)
      await ctx.sleep('1h')
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    changed = true
    await run.cancel()
    expect(await run.ended()).toMatchObject({ status: 'cancelled' })
    expect((await run.journal()).at(-1)).toMatchObject({ payload: { cleanup: 'not-run' } })
  })
})
