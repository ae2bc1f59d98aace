import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

/** What a step came to that throws this on its only attempt, or on its first of three. */
async function outcomeOf(thrown: unknown, retry: object) {
  const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext<unknown>) => {
    await ctx.run('x', () => Promise.reject(thrown), { retry })
  })
  const t = await testEngine({ workflows: [w] })
  const run = await t.start(w, {})
  const { status, error } = await run.settled()
  const [step] = await run.steps()
  return { status, error, step: step?.error }
}

const LOCKED = new Proxy(new Error('locked'), {
  getPrototypeOf: () => {
    throw new Error('You may not look.')
  },
})

describe('what is thrown', () => {
  it.each([
    ['a stack that was taken away', Object.assign(new Error('a'), { stack: null }), 'a'],
    ['a message that is no text', Object.assign(new Error('a'), { message: { code: 5 } }), '{"code":5}'],
    ['a name that is no text', Object.assign(new Error('a'), { name: Symbol('b') }), 'a'],
    ['something that cannot be looked at', LOCKED, '{}'],
  ])('[ES17] %s fails its step like any other error', async (_what, thrown, message) => {
    const { status, step } = await outcomeOf(thrown, { maxAttempts: 1 })
    expect(status).toBe('failed')
    expect(step).toMatchObject({ name: 'Error', message })
  })

  it('[ES17] a step that the engine cannot carry on fails its run, and nobody waits for its end', async () => {
    const { status, error } = await outcomeOf(LOCKED, { maxAttempts: 3 })
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'You may not look.' } })
  })
})
