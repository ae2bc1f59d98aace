import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, onTestFinished, test } from 'vitest'
import { createTestEngine } from '../src/testing.ts'

test('a test engine needs nothing but the workflows', async () => {
  const nap = createWorkflow({ name: 'nap' }, async (ctx) => {
    const before = ctx.now().getTime()
    await ctx.sleep('3 days')
    return ctx.now().getTime() - before
  })
  const engine = await createTestEngine({ workflows: [nap] })
  onTestFinished(() => engine.close())
  const run = await engine.start(nap, {})
  expect((await run.settled()).waiting_for?.reason).toBe('timer')
  await engine.advance('3 days')
  expect(await run.output()).toBeGreaterThanOrEqual(3 * 24 * 3600 * 1000)
})
