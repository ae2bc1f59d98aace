import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { expect, test, vi } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, outsideFolder, workerProcess } from './support/workers.ts'

const RECORDING = '.agent/recordings/session.json'

/** A project whose workflow `w` has a recorded agent; `outside` is a folder beside it. */
function projectWith(body: string, rules: readonly object[], config = ''): string {
  return temporaryProject(
    {
      [template('w')]: `import { BudgetExceededError, createWorkflow } from 'holdfast'
import { replay } from 'holdfast/agents'
import { z } from 'zod'

const agent = replay({ recording: '${RECORDING}', timeScale: 0 })
void [BudgetExceededError, z]

export default createWorkflow({ name: 'w', ${config} }, async (ctx) => {
  ${body}
})
`,
      [RECORDING]: JSON.stringify({ holdfastRecording: 1, rules }),
      'holdfast.config.ts': `export default { pricing: { house: { input: 100_000, output: 0 } } }`,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
}

const usage = (costUsd: number) => ({ usage: { inputTokens: 10, outputTokens: 5, costUsd } })
const of = <T extends JournalEvent['type']>(journal: readonly JournalEvent[], type: T) =>
  journal.flatMap((event) => (event.type === type ? [event as Extract<JournalEvent, { type: T }>] : []))

test('[EB3] a branch cannot spend what another has reserved; what is released lets it go on by itself', async () => {
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  const file = (name: string) => join(outside, name)
  const root = projectWith(
    `const [a, b] = await Promise.all([
      ctx.runCli('a', agent, 'Go', { budget: { usd: 0.6 } }),
      ctx.runCli('b', agent, 'Go'),
    ])
    return { a: a.costUsd, b: b.costUsd, bUsage: b.usage.totalTokens }`,
    [
      {
        when: { step: 'a' },
        events: [
          { shell: { command: `touch ${file('a-began')}` } },
          { shell: { command: `while [ ! -e ${file('go')} ]; do sleep 0.02; done`, allowFailure: true } },
          usage(0.1),
        ],
        answer: { text: 'a' },
      },
      {
        when: { step: 'b' },
        events: [
          {
            shell: { command: `while [ ! -e ${file('a-began')} ]; do sleep 0.02; done`, allowFailure: true },
          },
          usage(0.3),
          usage(0.2),
          { shell: { command: `while [ ! -e ${file('go')} ]; do sleep 0.02; done`, allowFailure: true } },
        ],
        answer: { text: 'b' },
      },
    ],
    `budget: { usd: 1 }, onFailure: 'ask'`,
  )
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start('w')
  // Half a dollar is left of the run's, but 0.6 of the whole belong to a.
  const [question] = await eventually('b asks', async () => {
    const open = await holdfast.store.listApprovals({ runId: run.id, status: 'open' })
    return open.length === 0 ? null : open
  })
  expect(question).toMatchObject({ kind: 'budget', name: 'b', choices: ['raise', 'continue', 'stop'] })
  writeFileSync(file('go'), '')
  expect(await run.output()).toEqual({ a: 0.1, b: 0.5, bUsage: 30 })
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  expect(of(journal, 'budget.exceeded').map(({ payload }) => payload.detail)).toEqual([
    { scope: 'run', stepKey: 'b', limit: 'usd', budget: 1, allowed: 1, spent: 0.5 },
  ])
  expect(of(journal, 'approval.withdrawn')).toHaveLength(1)
  const sessions = of(journal, 'agent.started').filter(({ payload }) => payload.stepKey === 'b')
  expect(sessions.map(({ payload }) => payload.resumed)).toEqual([false, true])
  expect(new Set(sessions.map(({ payload }) => payload.sessionId)).size).toBe(1)
})

test('[EB4] where nobody is asked a step that passes its budget fails with BUDGET_EXCEEDED, once, and a person may stop one', async () => {
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  const call = { usage: { inputTokens: 10, outputTokens: 5 } }
  const unpriced = { events: [call, call, { waitForFile: 'never.txt' }], answer: { text: 'x' } }
  const root = projectWith(
    `const end = (error: unknown) => [error instanceof BudgetExceededError, (error as { code: string }).code]
    const failed = await ctx
      .runCli('small', agent, 'Go', { budget: { tokens: 20 }, onFailure: 'fail', retry: { maxAttempts: 3 } })
      .catch(end)
    const stopped = await ctx.runCli('many', agent, 'Go', { budget: { turns: 1 } }).catch(end)
    return { failed, stopped }`,
    [
      { when: { step: 'small' }, model: 'gpt-5.3-codex', ...unpriced },
      { when: { step: 'many' }, model: 'house', ...unpriced },
    ],
    `onFailure: 'ask'`,
  )
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0 } })
  await holdfast.worker()
  const run = await holdfast.start('w')
  await eventually('it waits', async () => (await run.current()).waiting_for?.reason === 'budget')
  await holdfast.engine.answer(run.id, { approved: false, by: 'ada' })
  expect(await run.output()).toEqual({
    failed: [true, 'BUDGET_EXCEEDED'],
    stopped: [true, 'BUDGET_EXCEEDED'],
  })
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  expect(of(journal, 'step.failed').map(({ payload }) => [payload.key, payload.attempt])).toEqual([
    ['small', 1],
    ['many', 1],
  ])
  expect(of(journal, 'agent.started')).toHaveLength(2)
  // [AG19] The agent says no price: one model has a list price, the other one of the project.
  const prices = (await holdfast.store.listLlmUsage({ runId: run.id })).map((row) => [
    row.model,
    row.cost,
    row.price_source,
  ])
  expect(prices).toEqual([
    ['gpt-5.3-codex', 0.000088, 'openai-list-2026-11'],
    ['gpt-5.3-codex', 0.000088, 'openai-list-2026-11'],
    ['house', 1, 'config'],
    ['house', 1, 'config'],
  ])
})

test('[ES15] an answer that does not fit goes back in its session, also when the worker dies meanwhile; at last it fails', async () => {
  const outside = outsideFolder()
  const env = { HOLDFAST_REPLAY_STATE: join(outside, 'replay') }
  const began = join(outside, 'repair-began')
  const go = join(outside, 'go')
  const wait = `touch ${began}; while [ ! -e ${go} ]; do sleep 0.02; done`
  const schema = `z.object({ n: z.number() })`
  const root = projectWith(
    `const good = await ctx.runCli('good', agent, 'Count', { schema: ${schema} })
    const bad = await ctx
      .runCli('bad', agent, 'Count', { schema: ${schema}, maxRepairs: 1 })
      .catch((error: unknown) => (error as { code: string }).code)
    return { output: good.output, cost: good.costUsd, tokens: good.usage.totalTokens, bad }`,
    [
      {
        when: { step: 'good', prompt: 'not accepted' },
        events: [usage(0.2), { shell: { command: wait, allowFailure: true } }],
        answer: { text: 'better', output: { n: 3 } },
      },
      { when: {}, events: [usage(0.1)], answer: { text: 'first', output: { n: 'three' } } },
    ],
  )
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { env })
  const run = await holdfast.start('w')
  await fileAt(began)
  await first.kill()
  writeFileSync(go, '')
  await workerProcess(root, { env })
  expect(await run.output()).toEqual({ output: { n: 3 }, cost: 0.3, tokens: 30, bad: 'ANSWER_INVALID' })
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const turns = of(journal, 'agent.started').map(({ payload }) => [payload.stepKey, payload.repair ?? null])
  expect(turns).toEqual([
    ['good', null],
    ['good', 1],
    ['good', null],
    ['bad', null],
    ['bad', 1],
  ])
  const sessions = of(journal, 'agent.started').filter(({ payload }) => payload.stepKey === 'good')
  expect(new Set(sessions.map(({ payload }) => payload.sessionId)).size).toBe(1)
})
