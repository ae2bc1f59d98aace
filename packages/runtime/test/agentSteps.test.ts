import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { expect, test, vi } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, fileAt, isRunning, outsideFolder, workerProcess } from './support/workers.ts'

const RECORDING = '.agent/recordings/session.json'

/** A project with one workflow that uses a recorded agent. */
function projectWith(body: string, rules: readonly object[]): string {
  return temporaryProject(
    {
      [template('w')]: `import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createWorkflow } from 'holdfast'
import { replay } from 'holdfast/agents'

const agent = replay({ recording: '${RECORDING}', timeScale: 0 })
const fileAt = async (path: string, signal: AbortSignal) => {
  while (!existsSync(path)) await pause(20, undefined, { signal })
}
void [appendFileSync, writeFileSync, fileAt]

export default createWorkflow({ name: 'w' }, async (ctx) => {
  const { outside } = ctx.input as { outside: string }
  ${body}
})
`,
      [RECORDING]: JSON.stringify({ holdfastRecording: 1, rules }),
      'notes.txt': 'begin\n',
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    },
    { git: true },
  )
}

const paid = (journal: readonly JournalEvent[]) =>
  journal.flatMap((event) => (event.type === 'usage.recorded' ? [event.payload.costUsd] : []))
const sessions = (journal: readonly JournalEvent[]) =>
  journal.flatMap((event) =>
    event.type === 'agent.started' ? [{ id: event.payload.sessionId, resumed: event.payload.resumed }] : [],
  )
const usage = (costUsd: number) => ({ usage: { inputTokens: 10, outputTokens: 5, costUsd } })

/** An outer step that fails at its first attempt after its agent has answered. */
const OUTER = `return ctx.run('outer', async ({ ctx, attempt, signal }) => {
    const { text } = await ctx.runCli('edit', agent, 'Edit the notes')
    appendFileSync(outside + '/attempts', attempt + ' ' + text + '\\n')
    if (attempt === 1) {
      await fileAt(outside + '/go', signal)
      throw new Error('not good enough')
    }
    return text
  }, { retry: { maxAttempts: 2, delayMs: 1 } })`
const TWO_ANSWERS = [
  { when: { call: 1 }, events: [usage(0.25)], answer: { text: 'first' } },
  { when: { call: 2 }, events: [usage(0.5)], answer: { text: 'second' } },
]

test('[ES4] each attempt of an outer step runs the agent inside anew', async () => {
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  writeFileSync(join(outside, 'go'), '')
  const holdfast = await holdfastOn(projectWith(OUTER, TWO_ANSWERS))
  await holdfast.worker()
  const run = await holdfast.start('w', { outside })
  expect(await run.output()).toBe('second')
  expect(readFileSync(join(outside, 'attempts'), 'utf8')).toBe('1 first\n2 second\n')
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  expect(paid(journal)).toEqual([0.25, 0.5])
  expect(new Set(sessions(journal).map((session) => session.id)).size).toBe(2)
})

test('[ES4] a crash inside an attempt does not pay for its finished agent again', async () => {
  const outside = outsideFolder()
  const env = { HOLDFAST_REPLAY_STATE: join(outside, 'replay') }
  const root = projectWith(OUTER, TWO_ANSWERS)
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { env })
  const run = await holdfast.start('w', { outside })
  await fileAt(join(outside, 'attempts'))
  await first.kill()
  const before = await holdfast.store.listWorkflowEvents({ runId: run.id })
  expect(paid(before)).toEqual([0.25])

  writeFileSync(join(outside, 'go'), '')
  await workerProcess(root, { env })
  expect(await run.output()).toBe('second')
  // The callback ran twice as attempt 1, its agent once.
  expect(readFileSync(join(outside, 'attempts'), 'utf8')).toBe('1 first\n1 first\n2 second\n')
  expect(paid(await holdfast.store.listWorkflowEvents({ runId: run.id }))).toEqual([0.25, 0.5])
})

test('[EC2] the process of an agent that lost a race is gone when the race settles', async () => {
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  const root = projectWith(
    `const { winner } = await ctx.race({
      agent: (ctx) => ctx.runCli('edit', agent, 'Edit the notes'),
      quick: (ctx) => ctx.run('quick', ({ signal }) => fileAt(ctx.workspacePath + '/began.txt', signal)),
    })
    await ctx.waitForEvent('go')
    return winner`,
    [
      {
        when: {},
        events: [{ write: { path: 'began.txt', content: 'began' } }, { waitForFile: 'never.txt' }],
        answer: { text: 'never' },
      },
    ],
  )
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start('w', { outside })
  await eventually('the race is over', async () => (await run.current()).status === 'waiting')
  const journal = await holdfast.store.listWorkflowEvents({ runId: run.id })
  const pids = journal.flatMap((event) =>
    event.type === 'agent.updated' && event.payload.process !== undefined ? [event.payload.process.pid] : [],
  )
  expect(pids).toHaveLength(1)
  expect(pids.filter(isRunning)).toEqual([])
  const steps = await holdfast.store.listWorkflowSteps(run.id)
  expect(steps.find((step) => step.name === 'edit')).toMatchObject({ status: 'cancelled' })
  await holdfast.engine.send(run.id, { by: null, name: 'go', data: null })
  expect(await run.output()).toBe('quick')
})

/** An agent that edits, waits for a file, and edits again. */
const INTERRUPTED = [
  {
    when: {},
    events: [
      usage(0.125),
      { edit: { path: 'notes.txt', old: 'begin\n', new: 'begin\nfirst\n' } },
      { waitForFile: 'go.txt' },
      { edit: { path: 'notes.txt', old: 'first\n', new: 'first\nsecond\n' } },
      usage(0.25),
    ],
    answer: { text: 'edited' },
  },
]
const EDIT = `const { text } = await ctx.runCli('edit', agent, 'Edit the notes')
  return [text, await ctx.files.read('notes.txt')]`

async function killedWhileItWorks(body: string, rules: readonly object[], until: RegExp) {
  const outside = outsideFolder()
  const env = { HOLDFAST_REPLAY_STATE: join(outside, 'replay') }
  const root = projectWith(body, rules)
  const holdfast = await holdfastOn(root)
  const first = await workerProcess(root, { env })
  const run = await holdfast.start('w', { outside })
  await eventually('the agent has edited', () => until.test(readFileSync(join(root, 'notes.txt'), 'utf8')))
  const journal = () => holdfast.store.listWorkflowEvents({ runId: run.id })
  await eventually('the process is known', async () =>
    (await journal()).some((event) => event.type === 'agent.updated' && event.payload.process !== undefined),
  )
  await first.kill()
  return { root, run, env, outside, journal }
}

test('[ES11] an agent whose worker was killed goes on in the same session, and repeats no edit', async () => {
  const { root, run, env, journal } = await killedWhileItWorks(EDIT, INTERRUPTED, /first/)
  await workerProcess(root, { env })
  await eventually('the session is resumed', async () => sessions(await journal()).length === 2)
  writeFileSync(join(root, 'go.txt'), '')
  expect(await run.output()).toEqual(['edited', 'begin\nfirst\nsecond\n'])
  const [before, after] = sessions(await journal())
  expect(before?.resumed).toBe(false)
  expect(after).toEqual({ id: before?.id, resumed: true })
  expect(paid(await journal())).toEqual([0.125, 0.25])
  expect(
    (await journal()).filter((event) => event.type === 'step.started' && event.payload.attempt > 1),
  ).toEqual([])
})

test('[ES11] an agent whose session is gone starts anew, and the run says so', async () => {
  const rules = [
    {
      when: {},
      events: [{ write: { path: 'notes.txt', content: 'written\n' } }, { waitForFile: 'go.txt' }],
      answer: { text: 'written' },
    },
  ]
  const { root, run, env, journal } = await killedWhileItWorks(EDIT, rules, /written/)
  rmSync(env.HOLDFAST_REPLAY_STATE, { recursive: true })
  expect(existsSync(env.HOLDFAST_REPLAY_STATE)).toBe(false)
  writeFileSync(join(root, 'go.txt'), '')
  await workerProcess(root, { env })
  expect(await run.output()).toEqual(['written', 'written\n'])
  const [first, tried, anew] = sessions(await journal())
  expect(tried).toEqual({ id: first?.id, resumed: true })
  expect(anew?.resumed).toBe(false)
  expect(anew?.id).not.toBe(first?.id)
  const notes = (await journal()).flatMap((event) =>
    event.type === 'agent.updated' && event.payload.note !== undefined ? [event.payload.note] : [],
  )
  expect(notes).toEqual([
    expect.stringContaining(`The session ${first?.id} could not be resumed; the agent starts anew`),
  ])
})

test('[EF7] a fork goes on in a copy of the agent session as it was, and never writes to the session itself', async () => {
  const outside = outsideFolder()
  vi.stubEnv('HOLDFAST_REPLAY_STATE', join(outside, 'replay'))
  const talk = `const { sessionId } = await ctx.runCli('plan', agent, 'Plan it')
    for (const name of ['build', 'review']) await ctx.runCli(name, agent, name, { resume: sessionId ?? '' })
    return sessionId`
  const rules = [
    { when: { step: 'build' }, events: [usage(0.5)], answer: { text: 'built' } },
    { when: {}, events: [usage(0.25)], answer: { text: 'done' } },
  ]
  const holdfast = await holdfastOn(projectWith(talk, rules))
  await holdfast.worker()
  const run = await holdfast.start('w', { outside })
  const sessionId = (await run.output()) as string
  const kept = (id: string): string =>
    readFileSync(join(outside, 'replay', 'sessions', `${id}.jsonl`), 'utf8')
  const before = kept(sessionId)
  const fork = await holdfast.fork(run.id, { from: 'build' })
  expect(fork.plan.costUsd).toEqual({ known: 0.25, estimated: 0.75, unknown: 0 })
  expect(await fork.output()).toBe(sessionId)
  expect(kept(sessionId)).toBe(before)
  const journal = await holdfast.store.listWorkflowEvents({ runId: fork.id })
  const [plan, build, review] = sessions(journal)
  expect(plan?.id).toBe(sessionId)
  expect(build).toMatchObject({ id: expect.not.stringContaining(sessionId), resumed: true })
  expect(review).toEqual(build)
  expect(paid(journal)).toEqual([0.5, 0.25])
  const turns = kept(build?.id ?? '').match(/"prompt":"[^"]*"/g)
  expect(turns).toEqual(['"prompt":"Plan it"', '"prompt":"build"', '"prompt":"review"'])
})
