import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const HOUR_MS = 3_600_000

it('[EW7] a clock set back never undoes a wait that is over, and delays one that is not', async () => {
  const seen: string[] = []
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    await ctx.sleep('1h', { name: 'first' })
    await ctx.run('between', () => void seen.push('between'))
    await ctx.sleep('1h', { name: 'second' })
    return ctx.waitForEvent('go').then((event) => event?.data)
  })
  const t = await testEngine({ workflows: [w] })
  const run = await t.start(w, {})
  await t.advance('1h')
  expect(await run.settled()).toMatchObject({ waiting_for: { until: '2026-01-01T02:00:00.000Z' } })
  t.clock.setBack(5 * HOUR_MS)
  await t.restart()
  expect(await run.settled()).toMatchObject({
    status: 'waiting',
    waiting_for: { reason: 'timer', until: '2026-01-01T02:00:00.000Z' },
  })
  await t.advance('5h')
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'timer' } })
  await t.advance('1h')
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'event' } })
  t.clock.setBack(5 * HOUR_MS)
  await t.restart()
  await run.send('go', 'gone')
  expect(await run.output()).toBe('gone')
  expect(seen).toEqual(['between'])
  expect((await run.journal()).map(({ sequence }) => sequence)).toEqual(
    (await run.journal()).map((_, index) => index + 1),
  )
})
