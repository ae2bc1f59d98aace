import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { testEngine } from './support/engine.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)

describe('what a replay passes again', () => {
  it('[ED4] comments, artifacts, tags and log lines are there exactly once', async () => {
    const seen: unknown[] = []
    const w = workflow(async (ctx) => {
      ctx.tag('phase', 'begin')
      const before = await ctx.comment('before', { n: 1 })
      ctx.log.info('before')
      const file = await ctx.artifact('report.txt', { content: 'all well', type: 'test_report' })
      await ctx.run('outer', async ({ ctx }) => {
        await ctx.comment('inside')
        await ctx.run('inner', () => 1)
        ctx.log.info('inside')
      })
      ctx.tag('phase', 'middle')
      for (const name of ['first', 'second']) {
        // An answer is in the journal before the run is claimed, an event is matched afterwards.
        if (name === 'first') await ctx.waitForEvent(name)
        else await ctx.approve({ title: name })
        ctx.log.info(`after ${name}`)
        await ctx.commentExecution(`after ${name}`)
      }
      ctx.tag('phase', 'end')
      seen.push({ before, file })
      return { before, file }
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await run.settled()
    expect(await t.store.getWorkflowRun(run.id)).toMatchObject({ metadata: { tags: { phase: 'middle' } } })
    await t.restart()
    await run.send('first')
    await run.settled()
    await run.answer({ approved: true })
    const output = await run.output()
    const comments = await t.store.listComments(run.id)
    expect(comments.map((comment) => comment.message)).toEqual([
      'before',
      'inside',
      'after first',
      'after second',
    ])
    const artifacts = await t.store.listArtifacts(run.id)
    expect(artifacts).toMatchObject([{ name: 'report.txt', type: 'test_report', size_bytes: 8 }])
    expect(output).toMatchObject({
      before: { id: comments[0]?.id, message: 'before', metadata: { n: 1 } },
      file: { id: artifacts[0]?.id, storagePath: artifacts[0]?.storage_path },
    })
    expect(seen).toEqual([output])
    expect([...t.files.artifacts.values()].map(String)).toEqual(['all well'])
    expect(t.files.lines.map((line) => line.message)).toEqual([
      'before',
      'inside',
      'after first',
      'after second',
    ])
    expect(await t.store.getWorkflowRun(run.id)).toMatchObject({ metadata: { tags: { phase: 'end' } } })
  })

  it('[ED4] patched is true for runs that reach it live, in every replay, and false for those from before', async () => {
    let patchedCode = false
    const paths: string[] = []
    const w = workflow(async (ctx) => {
      await ctx.run('outer', async ({ ctx }) => ctx.run('inner', () => 1))
      const isNew = patchedCode && ctx.patched('check first')
      const value = isNew ? await ctx.run('checked', () => 'new') : await ctx.run('unchecked', () => 'old')
      await ctx.waitForEvent('go')
      const later = patchedCode && ctx.patched('later')
      paths.push(`${value} ${later}`)
      return [value, later]
    })
    const t = await testEngine({ workflows: [w] })
    const old = await t.start(w, {})
    await old.settled()
    patchedCode = true
    await t.restart()
    const young = await t.start(w, {})
    await young.settled()
    await t.restart()
    await old.send('go')
    await young.send('go')
    // The old one passed the first mark before it was there, and comes to the second live.
    expect(await old.output()).toEqual(['old', true])
    expect(await young.output()).toEqual(['new', true])
    expect((await old.steps()).map((step) => step.name)).toEqual(['outer', 'inner', 'unchecked'])
  })

  it('[EC6] continueAs takes workspace, state and tags on, ends what is open, and waits of the old run do not count', async () => {
    const ended: string[] = []
    const w = workflow(async (ctx) => {
      const { round } = ctx.input as { round: number }
      if (round === 2) {
        await ctx.waitForEvent('go')
        return ctx.get('seen')
      }
      ctx.set('seen', ['first'])
      ctx.tag('risk', 'low')
      ctx.tag('team', 'edge')
      await ctx.all({
        goesOn: async (ctx) => {
          await ctx.run('quick', () => 1)
          ctx.tag('risk', 'high')
          await ctx.continueAs({ round: 2 })
        },
        open: (ctx) =>
          ctx.run(
            'open',
            ({ signal }) =>
              new Promise((_, reject) =>
                signal.addEventListener('abort', () => {
                  ended.push('open')
                  reject(signal.reason as Error)
                }),
              ),
          ),
      })
      return 'never'
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, { round: 1 }, { tags: { team: 'core' } })
    const row = await run.ended()
    expect(row).toMatchObject({ status: 'completed' })
    expect(ended).toEqual(['open'])
    expect((await run.steps()).map(({ name, status }) => [name, status])).toContainEqual([
      'open',
      'cancelled',
    ])
    const next = t.run((row.output as { continuedAs: string }).continuedAs)
    await next.settled()
    await t.restart()
    await next.send('go')
    expect(await next.output()).toEqual(['first'])
    expect(await t.store.getWorkflowRun(next.id)).toMatchObject({
      previous_run_id: run.id,
      metadata: { tags: { team: 'edge', risk: 'high' } },
    })
    // Replaying the old one made no second successor.
    expect((await t.store.listWorkflowRuns({})).total).toBe(2)
  })

  it('[EE4] a call that is made when the function has ended is refused and changes nothing', async () => {
    const refused: string[] = []
    const aborted = Promise.withResolvers<void>()
    const w = workflow(async (ctx) => {
      void aborted.promise
        .then(() => ctx.run('afterwards', () => 'too late'))
        .catch((error: unknown) => refused.push((error as { code: string }).code))
      const began = Promise.withResolvers<void>()
      void ctx.run('abandoned', ({ signal }) => {
        began.resolve()
        return new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => {
            aborted.resolve()
            reject(signal.reason as Error)
          }),
        )
      })
      await began.promise
      return 'over'
    })
    const t = await testEngine({ workflows: [w] })
    const run = await t.start(w, {})
    await t.advance('1m')
    expect(await run.output()).toBe('over')
    expect(refused).toEqual(['RUN_CANCELLED'])
    expect((await run.steps()).filter((step) => step.name === 'afterwards')).toEqual([])
    expect((await run.journal()).at(-1)?.type).toBe('run.completed')
  })
})
