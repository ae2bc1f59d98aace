import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

/** The codes that the calls reject with, in their order; each is made on its own. */
async function codesOf(calls: readonly ((ctx: WorkflowContext<unknown>) => Promise<unknown>)[]) {
  const w = workflow(async (ctx) => {
    const codes: string[] = []
    for (const call of calls)
      codes.push(
        await (async () => call(ctx))().then(
          () => 'went well',
          (error: unknown) => (error as { code: string }).code,
        ),
      )
    return codes
  })
  const t = await testEngine({ workflows: [w] })
  const run = await t.start(w, {})
  return { codes: await run.output(), steps: await run.steps(), run }
}

const once = { retry: { maxAttempts: 1 } }
const agent = { agent: 'nobody' }

describe('what is refused', () => {
  it('git, files, shell and agents fail where runs have no workspace, and say so once, without another attempt', async () => {
    const { codes, steps } = await codesOf([
      (ctx) => ctx.git.ensureBranch('b'),
      (ctx) => ctx.git.getCurrentBranch(),
      (ctx) => ctx.git.getCurrentCommit(),
      (ctx) => ctx.git.stageAll(),
      (ctx) => ctx.git.commit('m'),
      (ctx) => ctx.git.merge('b'),
      (ctx) => ctx.git.push(),
      (ctx) => ctx.git.status(),
      (ctx) => ctx.git.diff({ from: 'a' }),
      (ctx) => ctx.files.read('f'),
      (ctx) => ctx.files.write('f', ''),
      (ctx) => ctx.files.exists('f'),
      (ctx) => ctx.files.delete('f'),
      (ctx) => ctx.files.list(),
      (ctx) => ctx.files.copy('f', 'g'),
      (ctx) => ctx.shell('true', once),
      (ctx) => ctx.runCli('ask', agent, 'Well?'),
    ])
    expect(new Set(codes)).toEqual(new Set(['NOT_A_GIT_REPOSITORY']))
    expect(steps).toHaveLength(codes.length)
    expect(new Set(steps.map(({ status, attempt_number }) => `${status} ${attempt_number}`))).toEqual(
      new Set(['failed 1']),
    )
  })

  it('[ES9] wrong names, agents, dates, durations and titles are refused before a step begins', async () => {
    const { codes, steps } = await codesOf([
      (ctx) => ctx.run('', () => 1),
      (ctx) => ctx.runCli('x'.repeat(201), agent, ''),
      (ctx) => ctx.runCli('ask', null as never, ''),
      (ctx) => ctx.run('step', () => 1, { writes: 'everything' as never }),
      (ctx) => ctx.run('step', () => 1, { timeoutMs: 'soon' }),
      (ctx) => ctx.run('step', () => 1, { input: () => {} }),
      (ctx) => ctx.sleepUntil('tomorrow'),
      (ctx) => ctx.waitForEvent('go', { match: 'event.data ==' }),
      (ctx) => ctx.approve({ title: ' ' }),
      (ctx) => ctx.race({}),
      (ctx) => ctx.map([1], async () => 1, { concurrency: 0 }),
      (ctx) => ctx.map([1, 2], async () => 1, { key: () => 'same' }),
      (ctx) => ctx.artifact('report', {}),
      (ctx) => ctx.artifact('report', { content: '', type: 'poem' as never }),
    ])
    expect(codes).toEqual([
      'OPTION_INVALID',
      'OPTION_INVALID',
      'OPTION_INVALID',
      'OPTION_INVALID',
      'DURATION_INVALID',
      'STEP_OUTPUT_NOT_SERIALIZABLE',
      'DURATION_INVALID',
      ...Array.from({ length: 7 }, () => 'OPTION_INVALID'),
    ])
    expect(steps).toEqual([])
  })

  it('[ED6] whatever is refused about a call arrives as a rejection, also what no type would let through', async () => {
    const wrong = undefined as never
    const calls: [expected: string, call: (ctx: WorkflowContext<unknown>) => Promise<unknown>][] = [
      ['OPTION_INVALID', (ctx) => ctx.run('', () => 1)],
      ['OPTION_INVALID', (ctx) => ctx.run(wrong, () => 1)],
      ['OPTION_INVALID', (ctx) => ctx.run('step', wrong)],
      ['OPTION_INVALID', (ctx) => ctx.run('step', () => 1, null as never)],
      ['OPTION_INVALID', (ctx) => ctx.run('step', () => 1, { key: 7 as never })],
      ['OPTION_INVALID', (ctx) => ctx.runCli(7 as never, agent, 'Well?')],
      ['OPTION_INVALID', (ctx) => ctx.runCli('ask', agent, wrong)],
      ['OPTION_INVALID', (ctx) => ctx.shell(wrong)],
      ['OPTION_INVALID', (ctx) => ctx.shell([] as never)],
      ['OPTION_INVALID', (ctx) => ctx.shell(['echo', 1n as never])],
      ['OPTION_INVALID', (ctx) => ctx.shell('true', 'now' as never)],
      ['OPTION_INVALID', (ctx) => ctx.shell('true', { name: ' ' })],
      ['OPTION_INVALID', (ctx) => ctx.child(wrong, {})],
      ['OPTION_INVALID', (ctx) => ctx.child({} as never, {})],
      ['OPTION_INVALID', (ctx) => ctx.child('other', {}, null as never)],
      ['OPTION_INVALID', (ctx) => ctx.comment(wrong)],
      ['OPTION_UNKNOWN', (ctx) => ctx.comment('a', {}, { at: 1 } as never)],
      ['OPTION_INVALID', (ctx) => ctx.artifact('report', wrong)],
      ['OPTION_UNKNOWN', (ctx) => ctx.artifact('report', { text: '' } as never)],
      ['OPTION_INVALID', (ctx) => ctx.sleep(1, [] as never)],
      ['OPTION_UNKNOWN', (ctx) => ctx.sleepUntil(1, { until: 1 } as never)],
      ['OPTION_INVALID', (ctx) => ctx.waitForEvent(wrong)],
      ['OPTION_INVALID', (ctx) => ctx.waitForEvent('go', null as never)],
      ['OPTION_INVALID', (ctx) => ctx.approve(wrong)],
      ['OPTION_INVALID', (ctx) => ctx.ask({ title: 'a', body: 7 as never })],
      ['OPTION_INVALID', (ctx) => ctx.scope('', async () => 1)],
      ['OPTION_INVALID', (ctx) => ctx.scope('part', wrong)],
      ['OPTION_INVALID', (ctx) => ctx.map(wrong, async () => 1)],
      ['OPTION_INVALID', (ctx) => ctx.map([1], wrong)],
      ['OPTION_INVALID', (ctx) => ctx.race({ a: wrong })],
      ['OPTION_INVALID', (ctx) => ctx.all([] as never)],
      ['OPTION_UNKNOWN', (ctx) => ctx.all({ a: async () => 1 }, { concurrency: 1 } as never)],
      ['OPTION_INVALID', (ctx) => ctx.git.createPr(wrong)],
      ['OPTION_INVALID', (ctx) => ctx.git.commit(wrong)],
      ['OPTION_UNKNOWN', (ctx) => ctx.git.commit('m', { al: true } as never)],
      ['OPTION_INVALID', (ctx) => ctx.files.read(wrong)],
      ['OPTION_INVALID', (ctx) => ctx.files.write('f', 7 as never)],
    ]
    const thrown: string[] = []
    const { codes, steps } = await codesOf(
      calls.map(([, call]) => (ctx: WorkflowContext<unknown>) => {
        try {
          return call(ctx)
        } catch (error) {
          thrown.push(String(error))
          throw error
        }
      }),
    )
    expect(thrown).toEqual([])
    expect(codes.map((code, index) => [code, String(calls[index]![1])])).toEqual(
      calls.map(([expected, call]) => [expected, String(call)]),
    )
    expect(steps).toEqual([])
  })

  it('[ED6] the synchronous calls throw what is refused about them', async () => {
    const calls: ((ctx: WorkflowContext<unknown>) => unknown)[] = [
      (ctx) => ctx.set(undefined as never, 1),
      (ctx) => ctx.delete(7 as never),
      (ctx) => ctx.tag('', 'a'),
      (ctx) => ctx.tag('a', 7 as never),
      (ctx) => ctx.patched(undefined as never),
      (ctx) => ctx.onPark(undefined as never),
    ]
    const codes: string[] = []
    const w = workflow(async (ctx) => {
      for (const call of calls) {
        try {
          call(ctx)
        } catch (error) {
          codes.push((error as { code: string }).code)
        }
      }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    expect((await run.settled()).status).toBe('completed')
    expect(codes).toEqual(calls.map(() => 'OPTION_INVALID'))
    expect(
      (await run.journal()).filter((event) => ['state.set', 'run.updated'].includes(event.type)),
    ).toEqual([])
  })

  it('a comment and an artifact that cannot be kept reject, and the run goes on', async () => {
    const { codes, run } = await codesOf([
      (ctx) => ctx.comment('odd', { at: new Map() }),
      (ctx) => ctx.artifact('missing', { path: 'missing.txt' }),
      (ctx) => ctx.comment('fine'),
    ])
    expect(codes).toEqual(['STEP_OUTPUT_NOT_SERIALIZABLE', 'NOT_A_GIT_REPOSITORY', 'went well'])
    expect((await run.journal()).filter((event) => event.type === 'comment.added')).toHaveLength(1)
  })
})

describe('questions and times', () => {
  it('[EW5] a question that nobody answers is rejected, approved or failed, as onTimeout says, also in replay', async () => {
    const w = workflow(async (ctx) => {
      const rejected = await ctx.approve({ title: 'a', timeoutMs: '1h' })
      const approved = await ctx.approve({ title: 'b', timeoutMs: '1h', onTimeout: 'approve' })
      const failed = await ctx.approve({ title: 'c', timeoutMs: '1h', onTimeout: 'fail' }).then(
        () => 'answered',
        (error: unknown) => (error as { code: string }).code,
      )
      const asked = await ctx.ask({ title: 'd', timeoutMs: '1h' }).then(
        () => 'answered',
        (error: unknown) => (error as { code: string }).code,
      )
      const word = await ctx.ask({ title: 'e' })
      return [rejected.approved, approved.approved, failed, asked, word]
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    for (const title of ['a', 'b', 'c', 'd']) {
      await run.settled()
      expect((await run.questions()).map((question) => question.title)).toEqual([title])
      await t.advance('1h')
    }
    await run.settled()
    // Without a schema an answer is a text; another one is refused at once or asked for again.
    await run.answer({ approved: true, answer: 7 }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ANSWER_INVALID' })
    })
    await run.settled()
    expect((await run.questions()).map((question) => question.title)).toEqual(['e'])
    await t.restart()
    await run.answer({ approved: true, answer: 'word' })
    expect(await run.output()).toEqual([false, true, 'WAIT_TIMED_OUT', 'WAIT_TIMED_OUT', 'word'])
  })

  it('[EW1] sleepUntil takes a Date, milliseconds or ISO text, and a time that is over waits no longer', async () => {
    const w = workflow(async (ctx) => {
      const begin = ctx.now().getTime()
      await ctx.sleepUntil(new Date(begin + 3_600_000))
      await ctx.sleepUntil(begin + 7_200_000)
      await ctx.sleepUntil(new Date(begin + 10_800_000).toISOString())
      await ctx.sleepUntil(begin)
      return ctx.now().getTime() - begin
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    for (let hour = 0; hour < 3; hour++) {
      expect((await run.settled()).waiting_for).toMatchObject({ reason: 'timer' })
      await t.advance('1h')
    }
    expect(await run.output()).toBe(10_800_000)
  })
})
