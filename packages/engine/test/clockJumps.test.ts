import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const HOUR_MS = 3_600_000

/** A workflow that stays in memory, because a step of it works until it is told to end. */
function busy<T>(body: (ctx: WorkflowContext<unknown>) => Promise<T>, config: object = {}) {
  const end = Promise.withResolvers<string>()
  const workflow = createWorkflow(
    { name: 'w', timeoutMs: '1d', ...config },
    (ctx: WorkflowContext<unknown>) =>
      ctx.all({ work: (ctx) => ctx.run('work', () => end.promise), other: (ctx) => body(ctx) }),
  )
  return { workflow, end: () => end.resolve('ended') }
}

it('[EW8] a clock that is set forward ends the waits of a run in memory, and the times of its retries and questions', async () => {
  let attempts = 0
  const seen: string[] = []
  const see = (what: string) => () => void seen.push(what)
  const { workflow, end } = busy(async (ctx) => {
    await Promise.all([
      ctx.sleep('1h').then(see('timer')),
      ctx.waitForEvent('go', { timeoutMs: '1h' }).then(see('event')),
      ctx.approve({ title: 'Well?', timeoutMs: '1h' }).then(see('question')),
      ctx
        .run('again', () => (attempts++ === 0 ? Promise.reject(new Error('not yet')) : 1), {
          retry: { delayMs: '1h', maxDelayMs: '1h', jitter: false },
        })
        .then(see('retry')),
      ctx.sleep('5h', { name: 'later' }).then(see('later')),
    ])
  })
  const t = await testEngine({ workflows: [workflow], settings: { pollIntervalMs: 1000 } })
  const run = await t.start(workflow, {})
  await t.advance('1m')
  expect([seen, attempts]).toEqual([[], 1])
  t.clock.setForward(2 * HOUR_MS)
  await t.advance('1s')
  expect([seen.toSorted(), attempts]).toEqual([['event', 'question', 'retry', 'timer'], 2])
  end()
  await t.advance('3h')
  expect((await run.ended()).status).toBe('completed')
})

it('[EW8] a deadline ends a run in memory when the clock is set beyond it', async () => {
  const { workflow } = busy(async (ctx) => void (await ctx.sleep('9h')), { deadlineMs: '1h' })
  const t = await testEngine({
    workflows: [workflow],
    settings: { pollIntervalMs: 1000, abortGraceMs: 100 },
  })
  const run = await t.start(workflow, {})
  await t.advance('1m')
  t.clock.setForward(HOUR_MS)
  await t.advance('5s')
  expect(await run.ended()).toMatchObject({ status: 'timed_out', error: { code: 'DEADLINE_EXCEEDED' } })
})

it('[EW8] a clock that is set back lets a wait in memory end when it shows the time again', async () => {
  const { workflow, end } = busy(async (ctx) => {
    await ctx.sleep('1h')
    return ctx.now().toISOString()
  })
  const t = await testEngine({ workflows: [workflow], settings: { pollIntervalMs: 1000 } })
  const run = await t.start(workflow, {})
  await t.advance('1s')
  t.clock.setBack(HOUR_MS / 2)
  await t.advance('1h')
  expect((await run.journal()).some((event) => event.type === 'wait.satisfied')).toBe(false)
  await t.advance('30m')
  end()
  expect(await run.output()).toEqual({ work: 'ended', other: '2026-01-01T01:00:00.000Z' })
})
