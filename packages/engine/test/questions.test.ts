import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'
import { processes } from './support/processes.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

/** A workflow whose step fails until it is repaired; what it gave, or the error's code and attempts. */
function failing(world: { broken: boolean; attempts: number }) {
  return workflow(
    async (ctx) => {
      let result: unknown
      try {
        result = await ctx.run(
          'deploy',
          () => {
            world.attempts++
            if (world.broken) throw new Error('the disk is full')
            return 'deployed'
          },
          { retry: { maxAttempts: 2, delayMs: 10, jitter: false } },
        )
      } catch (error) {
        result = { message: (error as Error).message, attempts: (error as { attempts: number }).attempts }
      }
      await ctx.sleep('1h')
      return { result: result ?? 'nothing' }
    },
    { onFailure: 'ask' },
  )
}

describe('questions of the engine', () => {
  const cases = [
    { choice: 'retry', expected: 'deployed', attempts: 3, status: 'completed' },
    { choice: 'set', value: { by: 'hand' }, expected: { by: 'hand' }, attempts: 2, status: 'completed' },
    { choice: 'skip', expected: 'nothing', attempts: 2, status: 'skipped' },
    {
      choice: 'fail',
      expected: { message: 'the disk is full', attempts: 2 },
      attempts: 2,
      status: 'failed',
    },
  ]
  for (const { choice, value, expected, attempts, status } of cases) {
    it(`[ES8] a step out of attempts parks the run; a person says ${choice}`, async () => {
      const world = { broken: true, attempts: 0 }
      const w = failing(world)
      const t = await testEngine({ workflows: [w] })
      const run = await t.start(w, {})
      await t.advance(10)
      expect(await run.settled()).toMatchObject({ status: 'waiting', waiting_for: { reason: 'failure' } })
      expect(world.attempts).toBe(2)
      expect(await run.questions()).toMatchObject([
        {
          kind: 'failure',
          title: 'Step "deploy" failed: the disk is full',
          choices: ['retry', 'set', 'skip', 'fail'],
        },
      ])
      // The question outlives the process, and asks once.
      await t.restart()
      expect(await run.questions()).toHaveLength(1)
      world.broken = false
      await run.answer({ approved: true, answer: value === undefined ? choice : { choice, value } })
      await run.settled()
      await t.restart()
      await t.advance('1h')
      expect(await run.output()).toEqual({ result: expected })
      expect(world.attempts).toBe(attempts)
      expect(await run.steps()).toMatchObject([{ name: 'deploy', status }])
    })
  }

  it('[ES8] a step that fails again asks again; an answer that is no choice is refused', async () => {
    const world = { broken: true, attempts: 0 }
    const w = failing(world)
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance(10)
    await run.settled()
    await expect(run.answer({ approved: true, answer: 'perhaps' })).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
    })
    await run.answer({ approved: true, answer: 'retry' })
    await run.settled()
    expect(world.attempts).toBe(3)
    world.broken = false
    await run.answer({ approved: true })
    await run.settled()
    await t.advance('1h')
    expect(await run.output()).toEqual({ result: 'deployed' })
    expect(world.attempts).toBe(4)
  })

  it('[ES8] onFailure of a step wins over that of the workflow', async () => {
    const fails = () => {
      throw new Error('no')
    }
    const w = workflow(
      async (ctx) => {
        const codes = await ctx
          .run('quiet', fails, { retry: { maxAttempts: 1 }, onFailure: 'fail' })
          .catch(() => 'caught')
        await ctx.run('asks', fails, { retry: { maxAttempts: 1 } })
        return codes
      },
      { onFailure: 'ask' },
    )
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    expect((await run.questions()).map((question) => question.name)).toEqual(['asks'])
  })

  const interrupted = async (onInterrupted: 'retry' | 'fail' | 'ask') => {
    const attempts: number[] = []
    const w = workflow(async (ctx) => {
      try {
        return await ctx.run(
          'charge',
          ({ attempt }) => {
            attempts.push(attempt)
            return attempts.length === 1 ? new Promise<never>(() => {}) : 'charged'
          },
          { onInterrupted },
        )
      } catch (error) {
        return { code: (error as { code: string }).code }
      }
    })
    const group = await processes([w])
    const first = await group.next()
    const { id } = await first.start(w, {})
    await turns()
    expect(attempts).toEqual([1])
    first.die()
    const second = await group.next()
    return { run: second.run(id), attempts }
  }

  it('[ES7] retry: a step that was running when its process died runs again as the same attempt', async () => {
    const { run, attempts } = await interrupted('retry')
    expect(await run.output()).toBe('charged')
    expect(attempts).toEqual([1, 1])
  })

  it('[ES7] fail: it fails with STEP_INTERRUPTED and does not run again', async () => {
    const { run, attempts } = await interrupted('fail')
    expect(await run.output()).toEqual({ code: 'STEP_INTERRUPTED' })
    expect(attempts).toEqual([1])
  })

  it('[ES7] ask: nothing runs before a person says whether it took effect', async () => {
    for (const { answer, output, times } of [
      { answer: { choice: 'set', value: 'charged by hand' }, output: 'charged by hand', times: 1 },
      { answer: 'retry', output: 'charged', times: 2 },
      { answer: 'fail', output: { code: 'STEP_INTERRUPTED' }, times: 1 },
    ]) {
      const { run, attempts } = await interrupted('ask')
      expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'effect-unknown' } })
      expect(attempts).toEqual([1])
      expect(await run.questions()).toMatchObject([{ kind: 'effect-unknown' }])
      await run.answer({ approved: true, answer })
      expect(await run.output()).toEqual(output)
      expect(attempts).toHaveLength(times)
    }
  })

  it('[ES7] an answer counts for one interruption: the next one asks anew, and the trail shows both', async () => {
    let times = 0
    const w = workflow((ctx) =>
      ctx.run('charge', () => (++times < 3 ? new Promise<never>(() => {}) : 'charged'), {
        onInterrupted: 'ask',
      }),
    )
    const group = await processes([w])
    const first = await group.next()
    const { id } = await first.start(w, {})
    await turns()
    first.die()
    for (let interruption = 1; interruption <= 2; interruption++) {
      const next = await group.next()
      const run = next.run(id)
      expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'effect-unknown' } })
      expect(times).toBe(interruption)
      expect(await run.questions()).toHaveLength(1)
      // Asked again, not twice: who looks at it in another process finds the same question.
      next.die()
      const other = await group.next()
      expect(await other.run(id).questions()).toHaveLength(1)
      await other.run(id).answer({ approved: true, answer: 'retry' })
      await turns()
      expect(times).toBe(interruption + 1)
      other.die()
    }
    const last = await group.next()
    expect(await last.run(id).output()).toBe('charged')
    const journal = await last.run(id).journal()
    const begun = journal.flatMap((event) => (event.type === 'step.started' ? [event.payload.attempt] : []))
    expect(begun).toEqual([1, 1, 1])
    expect(journal.filter((event) => event.type === 'approval.answered')).toHaveLength(2)
    expect(await last.run(id).steps()).toMatchObject([{ name: 'charge', attempt_number: 1 }])
  })
})
