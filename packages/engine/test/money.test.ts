import { createWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import { expect, it } from 'vitest'
import { processes } from './support/processes.ts'
import { FOLDER } from './support/agentWorld.ts'
import { scriptedAgent, type Turn } from './support/scriptedAgent.ts'

const run = createWorkflow({ name: 'w', onFailure: 'ask' }, async (ctx) => {
  const { agent = 'one', usd } = ctx.input as { agent?: string; usd?: number }
  const { costUsd } = await ctx.runCli('go', { agent }, 'work', usd === undefined ? {} : { budget: { usd } })
  return costUsd
})

const details = (details: Readonly<Record<string, unknown>>) =>
  new WorkflowError('AGENT_PROVIDER_OVERLOADED', 'Not now.', { details })
const RESET = '2026-01-01T05:00:00.000Z'

it('[EQ11] a quota that one run met parks the others of that provider without a call, also in another process; a release lets all go on', async () => {
  let used = true
  const one = scriptedAgent('one', () => {
    if (used) throw details({ kind: 'quota', resetAt: RESET })
  })
  const two = scriptedAgent('two', () => {})
  const agents = [one.adapter, two.adapter]
  const group = await processes([run])
  const first = await group.next({ workspace: FOLDER, agents })
  const met = await first.start(run, {})
  expect(await met.settled()).toMatchObject({ waiting_for: { reason: 'quota', until: RESET } })
  const parked = await first.start(run, {})
  expect(await parked.settled()).toMatchObject({
    waiting_for: { reason: 'quota', until: RESET, detail: 'Step "go" waits for One\'s quota.' },
  })
  expect(one.requests).toHaveLength(1)
  expect(await parked.steps()).toEqual([])
  expect(await (await first.start(run, { agent: 'two' })).output()).toBeNull()
  const waiting = parked.id
  first.die()

  const second = await group.next({ workspace: FOLDER, agents })
  const late = await second.start(run, {})
  expect(await late.settled()).toMatchObject({ waiting_for: { reason: 'quota', until: RESET } })
  await second.advance('1h')
  expect(one.requests).toHaveLength(1)
  used = false
  await second.engine.resume(waiting, { by: 'ada', now: true })
  for (const id of [met.id, waiting, late.id]) await second.run(id).output()
  expect(one.requests).toHaveLength(4)
  // The wait was no attempt of the others, and one that was none of the first.
  const journal = await second.run(met.id).journal()
  expect(journal.filter(({ type }) => type === 'provider.released')).toHaveLength(1)
  await expect(second.engine.resume(waiting, { by: 'ada', now: true })).rejects.toThrow(
    /does not wait for the quota/,
  )
})

it('[EQ11] at the reset everybody goes on by itself; another account and another model were never held back', async () => {
  let used = true
  const one = scriptedAgent('one', () => {
    if (used) throw details({ kind: 'quota', resetAt: RESET, quotaModel: 'large' })
  })
  const model = createWorkflow({ name: 'm' }, async (ctx) => {
    const { env, of } = ctx.input as { env?: Record<string, string>; of?: string }
    await ctx.runCli('go', { agent: 'one' }, 'work', {
      ...(env === undefined ? {} : { env }),
      ...(of === undefined ? {} : { model: of }),
    })
  })
  const group = await processes([model])
  const engine = await group.next({ workspace: FOLDER, agents: [one.adapter] })
  const first = await engine.start(model, { of: 'large-2' })
  await first.settled()
  const same = await engine.start(model, { of: 'LARGE-3' })
  expect(await same.settled()).toMatchObject({ status: 'waiting' })
  used = false
  expect(await (await engine.start(model, { of: 'small' })).settled()).toMatchObject({ status: 'completed' })
  const keyed = await engine.start(model, { of: 'large-2', env: { ONE_API_KEY: 'k' } })
  expect(await keyed.settled()).toMatchObject({ status: 'completed' })
  await engine.advance('6h')
  expect([await first.ended(), await same.ended()]).toMatchObject([
    { status: 'completed' },
    { status: 'completed' },
  ])
  expect(one.requests).toHaveLength(5)
  expect((await keyed.journal()).map(({ type }) => type)).not.toContain('provider.limited')
})

it('[EQ12] the same failure three times in a row, in any runs, makes one question; the others wait for its answer', async () => {
  let broken = true
  let turn = 0
  const one = scriptedAgent('one', () => {
    if (broken) throw new WorkflowError('AGENT_FAILED', `Exit 7 in /tmp/run-${turn++} after ${turn} s.`)
  })
  const retried = createWorkflow({ name: 'r', onFailure: 'ask' }, async (ctx) => {
    const { times = 1 } = ctx.input as { times?: number }
    await ctx.runCli('go', { agent: 'one' }, 'work', { retry: { maxAttempts: times, delayMs: '1s' } })
  })
  const group = await processes([retried])
  const engine = await group.next({ workspace: FOLDER, agents: [one.adapter] })
  const single = await engine.start(retried, {})
  expect(await single.settled()).toMatchObject({ waiting_for: { reason: 'failure' } })
  await engine.advance('1s')
  const night = await engine.start(retried, { times: 20 })
  await engine.advance('10s')
  expect(await night.settled()).toMatchObject({ waiting_for: { reason: 'breaker' } })
  expect(one.requests).toHaveLength(3)
  const other = await engine.start(retried, { times: 20 })
  expect(await other.settled()).toMatchObject({ waiting_for: { reason: 'breaker' } })
  expect(await other.questions()).toEqual([])
  const [question] = await night.questions()
  expect(question).toMatchObject({ kind: 'breaker', name: 'one', choices: ['continue', 'stop'] })
  await engine.restart()
  await engine.advance('1h')
  expect(one.requests).toHaveLength(3)
  broken = false
  await engine.run(night.id).answer({ approved: true, answer: 'continue' })
  expect(await night.ended()).toMatchObject({ status: 'completed' })
  expect(await other.ended()).toMatchObject({ status: 'completed' })
  expect(await single.settled()).toMatchObject({ waiting_for: { reason: 'failure' } })
})

it('[EQ12] other failures between, code of the author, and runs that ask nobody open nothing; stop fails the step', async () => {
  const failures = ['a', 'b', 'a', 'a', 'a', 'a']
  const one = scriptedAgent('one', () => {
    const message = failures.shift()
    if (message !== undefined) throw new WorkflowError('AGENT_FAILED', message)
  })
  const code = createWorkflow({ name: 'c', onFailure: 'ask' }, async (ctx) => {
    await ctx.run(
      'code',
      () => {
        throw new Error('always')
      },
      { retry: { maxAttempts: 5, delayMs: 0 } },
    )
  })
  const silent = createWorkflow({ name: 's', onFailure: 'fail' }, async (ctx) => {
    await ctx.runCli('go', { agent: 'one' }, 'work', { retry: { maxAttempts: 4, delayMs: '1s' } })
  })
  const asking = createWorkflow({ name: 'a', onFailure: 'ask' }, async (ctx) => {
    await ctx.runCli('go', { agent: 'one' }, 'work', { retry: { maxAttempts: 4, delayMs: '1s' } })
  })
  const group = await processes([code, silent, asking])
  const engine = await group.next({ workspace: FOLDER, agents: [one.adapter] })
  expect(await (await engine.start(code, {})).settled()).toMatchObject({ waiting_for: { reason: 'failure' } })
  // a, b, a, a: the row is two long, and nobody would be asked.
  const quiet = await engine.start(silent, {})
  await engine.advance('10s')
  expect(await quiet.ended()).toMatchObject({ status: 'failed' })
  const run = await engine.start(asking, {})
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'breaker' } })
  expect(one.requests).toHaveLength(5)
  await run.answer({ approved: false })
  expect(await run.ended()).toMatchObject({ status: 'failed', error: { message: 'a' } })
})

const tree = (usd: number) => ({ money: { sharedBudgets: { tree: { usd }, day: null } }, workspace: FOLDER })
const day = (usd: number, timeZone = 'UTC') => ({
  money: { sharedBudgets: { tree: null, day: { limits: { usd }, timeZone } } },
  workspace: FOLDER,
})

it('[EB5] a run and its children share the budget of their tree, also across kills; an answer in one lets the other go on', async () => {
  const parent = createWorkflow({ name: 'parent', onFailure: 'ask' }, async (ctx) => {
    const both = await ctx.all({
      own: (branch) => branch.runCli('own', { agent: 'one' }, 'work').then(({ costUsd }) => costUsd),
      child: (branch) => branch.child(run, {}),
    })
    return both
  })
  const spent: string[] = []
  const act = async ({ request, spend, stopped }: Turn): Promise<void> => {
    if (request.resume) return
    spent.push(request.stepName ?? '')
    spend(0.6)
    spend(0.6)
    await stopped()
  }
  const group = await processes([parent, run])
  const one = scriptedAgent('one', act)
  const first = await group.next({ ...tree(1), agents: [one.adapter] })
  const root = await first.start(parent, {})
  await first.advance('1s')
  await root.settled()
  const open = await group.store.listApprovals({ kind: 'budget', status: 'open' })
  // Each had begun before the other's call was known: two at work pass the limit by a call each, and no more begin.
  expect(open.map(({ name }) => name).toSorted()).toEqual([...spent].toSorted())
  expect(open.length).toBeGreaterThan(0)
  const other = await first.start(run, {})
  await first.advance('1s')
  expect(await other.settled()).toMatchObject({ waiting_for: { reason: 'budget' } })
  first.die()

  const second = await group.next({ ...tree(1), agents: [scriptedAgent('one', () => {}).adapter] })
  await second.run(root.id).settled()
  const [question] = await group.store.listApprovals({ kind: 'budget', status: 'open' })
  expect(question?.title).toContain('this run and the runs it belongs together with')
  const asked = open.find(({ run_id }) => run_id === root.id) ?? open[0]!
  await second.engine.answer(asked.run_id, { approved: true, answer: { choice: 'raise', usd: 5 }, by: 'ada' })
  expect(await second.run(root.id).ended()).toMatchObject({ status: 'completed' })
  // Its own tree is another one.
  expect(await second.run(other.id).settled()).toMatchObject({ waiting_for: { reason: 'budget' } })
  expect(await group.store.readSharedBudget({ scope: 'tree', rootRunId: root.id })).toMatchObject({
    raised: { usd: 5 },
  })
})

it('[EB6] runs of a project share its day: what one reserved others cannot spend, a raise wakes all, and the next day is a new one', async () => {
  let turns = 0
  const release: (() => void)[] = []
  const one = scriptedAgent('one', async ({ request, spend, stopped }) => {
    if (request.resume) return
    spend(0.1)
    const turn = ++turns
    if (turn === 1) await new Promise<void>((resolve) => release.push(resolve))
    if (turn === 2) await stopped()
  })
  const group = await processes([run])
  const engine = await group.next({ ...day(1, 'Asia/Kolkata'), agents: [one.adapter] })
  const reserving = await engine.start(run, { usd: 0.95 })
  await engine.advance('1s')
  const second = await engine.start(run, {})
  await engine.advance('1s')
  await second.settled()
  // 0.1 are spent and 0.85 are held back: a call of 0.1 passes the day, and the next one waits.
  const [question] = await second.questions()
  expect(question).toMatchObject({ kind: 'budget' })
  expect(question?.title).toMatch(/^The budget of the project for today is used up at step "go"/)
  const third = await engine.start(run, {})
  expect(await third.settled()).toMatchObject({ waiting_for: { reason: 'budget' } })
  release[0]?.()
  await engine.advance('1s')
  expect(await reserving.ended()).toMatchObject({ status: 'completed' })
  // What was held back is free: both go on by themselves.
  expect([await second.ended(), await third.ended()]).toMatchObject([
    { status: 'completed' },
    { status: 'completed' },
  ])

  const dear = scriptedAgent('dear', async ({ request, spend, stopped }) => {
    if (request.resume) return
    spend(2)
    await stopped()
  })
  await engine.close()
  engine.die()
  const tomorrow = await group.next({ ...day(1, 'Asia/Kolkata'), agents: [dear.adapter] })
  const last = await tomorrow.start(run, { agent: 'dear' })
  await tomorrow.advance('1s')
  await last.settled()
  const [asked] = await last.questions()
  expect(asked).toBeDefined()
  // Midnight in Kolkata is 18:30 in UTC.
  await tomorrow.advance('18h')
  expect(await last.settled()).toMatchObject({ waiting_for: { reason: 'budget' } })
  await tomorrow.advance('31m')
  expect(await last.ended()).toMatchObject({ status: 'completed' })
})
