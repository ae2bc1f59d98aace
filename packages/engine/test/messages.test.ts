import { createWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import { expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { processes, type Process } from './support/processes.ts'
import { FOLDER } from './support/agentWorld.ts'
import { puppet } from './support/puppet.ts'

const talk = createWorkflow({ name: 'talk' }, async (ctx) => {
  const { text } = await ctx.runCli('work', { agent: 'puppet' }, 'do the task')
  return text
})

const by = 'ada'

/** What the conversation of a run holds, one line a message. */
async function chat(process: Process, runId: string): Promise<string[]> {
  const rows = await process.store.listMessages({ runId })
  return rows.map((row) => `${row.author} ${row.message_type} ${row.delivery_state}: ${row.text_content}`)
}

async function stateOf(process: Process, runId: string, text: string): Promise<string | undefined> {
  await turns()
  const rows = await process.store.listMessages({ runId })
  return rows.find((row) => row.text_content === text)?.delivery_state
}

it('[EM1] a run started in a named session shares it, and what is asked, said and answered stands in it in order with its author', async () => {
  const ask = createWorkflow({ name: 'ask' }, async (ctx) => {
    await ctx.ask({ title: 'Which one?', name: 'which' })
    return ctx.runCli('work', { agent: 'puppet' }, 'do it').then(({ text }) => text)
  })
  const group = await processes([talk, ask])
  const agent = puppet('puppet')
  const first = await group.next({ workspace: FOLDER, agents: [agent.adapter] })
  const named = { sessionName: 'release', message: 'Ship it' } as const
  const run = await first.start(ask, {}, named)
  await run.settled()
  await first.engine.sendMessage(run.id, { by, text: 'for the record', type: 'note' })
  await run.answer({ approved: true, answer: 'the left one', by } as never)
  const turn = await agent.turn(0)
  turn.says('I take the left one.')
  turn.ends('done')
  expect(await run.output()).toBe('done')
  expect(await chat(first, run.id)).toEqual([
    'null workflow_start delivered: Ship it',
    'ada note delivered: for the record',
    'ada answer delivered: the left one',
    'puppet note delivered: I take the left one.',
  ])
  const rows = await first.store.listMessages({ runId: run.id })
  const step = (await run.steps()).find(({ name }) => name === 'work')
  expect(rows.at(-1)?.step_id).toBe(step?.id)

  const other = await first.start(talk, { some: 'input' }, { sessionName: 'release' })
  ;(await agent.turn(1)).ends('done too')
  await other.ended()
  const session = (await first.store.getWorkflowRun(other.id)).session_id
  expect(session).toBe((await first.store.getWorkflowRun(run.id)).session_id)
  const shared = await first.store.listMessages({ sessionId: session ?? '' })
  expect(
    shared.filter((row) => row.message_type === 'workflow_start').map((row) => row.text_content),
  ).toEqual(['Ship it', '{"some":"input"}'])

  const own = await first.start(talk, {})
  ;(await agent.turn(2)).ends('alone')
  await own.ended()
  const row = await first.store.getWorkflowRun(own.id)
  expect((await first.store.getSession(row.session_id ?? ''))?.name).toBe(own.id)
  expect(await chat(first, own.id)).toEqual(['null workflow_start delivered: {}'])
})

it('[EM3] an agent that cannot be steered is stopped once it has its prompt, and goes on in its session with the message; another that comes as it ends has a turn of its own', async () => {
  const group = await processes([talk])
  const agent = puppet('puppet')
  const process = await group.next({ workspace: FOLDER, agents: [agent.adapter] })
  const run = await process.start(talk, {})
  const first = await agent.turn(0)
  await process.engine.sendMessage(run.id, { by, text: 'use tabs' })
  await turns()
  expect(first.request.signal.aborted).toBe(false)
  expect(await stateOf(process, run.id, 'use tabs')).toBe('queued')
  first.says('I begin.')
  const second = await agent.turn(1)
  expect(first.request.signal.aborted).toBe(true)
  expect(second.request).toMatchObject({ resume: true, sessionId: first.request.sessionId })
  expect(second.request.prompt).toMatch(/^ada wrote to you:\nuse tabs\n\nYour work was interrupted/)
  expect(await stateOf(process, run.id, 'use tabs')).toBe('queued')
  second.says('Tabs it is.')
  expect(await stateOf(process, run.id, 'use tabs')).toBe('delivered')
  // Written by another process right as the turn ends: nobody has looked when the agent answers.
  const late = process.engine.sendMessage(run.id, { by, text: 'and a test', step: 'work' })
  await late
  second.ends('with tabs')
  const third = await agent.turn(2)
  expect(third.request.prompt).toMatch(/and a test/)
  third.ends('with tabs and a test')
  expect(await run.output()).toBe('with tabs and a test')
  expect(await chat(process, run.id)).toEqual([
    'null workflow_start delivered: {}',
    'ada intervention answered: use tabs',
    'puppet note delivered: I begin.',
    'puppet answer delivered: Tabs it is.',
    'ada intervention answered: and a test',
  ])
})

it('[EM4] a message whose worker dies before its agent was shown to have it is given again and says so; one that was delivered is not', async () => {
  const group = await processes([talk])
  const before = puppet('puppet', { steer: true })
  const dying = await group.next({ workspace: FOLDER, agents: [before.adapter] })
  const { id } = await dying.start(talk, {})
  const first = await before.turn(0)
  await dying.engine.sendMessage(id, { by, text: 'known' })
  await turns()
  first.observer.onDelivered(first.handed[0]?.id ?? '')
  await dying.engine.sendMessage(id, { by, text: 'on its way' })
  await turns()
  expect(first.handed.map(({ text }) => text)).toEqual(['known', 'on its way'])
  dying.die()

  const after = puppet('puppet', { steer: true })
  const living = await group.next({ workspace: FOLDER, agents: [after.adapter] })
  const second = await after.turn(0)
  expect(second.request).toMatchObject({ resume: true, sessionId: first.request.sessionId })
  expect(second.request.prompt).toMatch(/on its way[\s\S]*may have reached you/)
  expect(second.request.prompt).not.toMatch(/known/)
  // Nobody works on it: sent by a third process, and handed over live.
  await living.engine.sendMessage(id, { by: null, text: 'one more', id: 'once' })
  await living.engine.sendMessage(id, { by: null, text: 'one more', id: 'once' })
  await turns()
  expect(second.handed.map(({ text }) => text)).toEqual(['one more'])
  second.observer.onDelivered(second.handed[0]?.id ?? '')
  second.ends('done')
  expect(await living.run(id).output()).toBe('done')
  const states = (await living.store.listMessages({ runId: id })).filter((row) => row.role === 'user')
  expect(states.map((row) => [row.text_content, row.delivery_state, row.delivered_at !== null])).toEqual([
    ['{}', 'delivered', true],
    ['known', 'answered', true],
    ['on its way', 'answered', true],
    ['one more', 'answered', true],
  ])
  const delivered = (await living.run(id).journal()).filter((event) => event.type === 'message.delivered')
  expect(delivered.map(({ payload }) => payload.how)).toEqual(['live', 'live', 'prompt'])
})

it('[EM2] of several agents the last that began is told, or the step that is named; a run that is parked tells the next one', async () => {
  const several = createWorkflow({ name: 'several' }, async (ctx) => {
    await ctx.all({
      one: (branch) => branch.runCli('one', { agent: 'puppet' }, 'work'),
      two: (branch) => branch.runCli('two', { agent: 'puppet' }, 'work'),
    })
    await ctx.approve({ name: 'gate', title: 'Go on?' })
    await ctx.runCli('three', { agent: 'puppet' }, 'work')
  })
  const group = await processes([several])
  const agent = puppet('puppet', { steer: true })
  const process = await group.next({ workspace: FOLDER, agents: [agent.adapter] })
  const run = await process.start(several, {})
  const [one, two] = [await agent.turn(0), await agent.turn(1)]
  await process.engine.sendMessage(run.id, { by, text: 'to the last' })
  await process.engine.sendMessage(run.id, { by, text: 'to the first', step: 'one' })
  await turns()
  expect([one, two].map(({ handed }) => handed.map(({ text }) => text))).toEqual([
    ['to the first'],
    ['to the last'],
  ])
  for (const turn of [one, two]) {
    turn.observer.onDelivered(turn.handed[0]?.id ?? '')
    turn.ends('done')
  }
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'approval' } })
  await process.engine.sendMessage(run.id, { by, text: 'yes, approved' })
  // [EM5] words are no approval, and the run waits on.
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'approval' } })
  expect(await run.questions()).toHaveLength(1)
  await run.answer({ approved: true })
  const three = await agent.turn(2)
  expect(three.request.prompt).toBe('work\n\nada wrote to you:\nyes, approved')
  three.ends('done')
  await run.ended()
  expect(await stateOf(process, run.id, 'yes, approved')).toBe('answered')

  const refused = (text: string): Promise<string> =>
    process.engine.sendMessage(run.id, { by, text }).then(
      () => '',
      (error: unknown) => (error as WorkflowError).code,
    )
  expect(await refused('too late')).toBe('RUN_FINISHED')
  expect(await refused(' \n')).toBe('MESSAGE_INVALID')
  expect(await refused('x'.repeat(64 * 1024 + 1))).toBe('MESSAGE_INVALID')
})

it('[EM5] what a person writes answers no question', async () => {
  const gate = createWorkflow({ name: 'gate' }, async (ctx) => {
    const { approved } = await ctx.approve({ name: 'gate', title: 'Go on?' })
    return approved
  })
  const group = await processes([gate])
  const process = await group.next()
  const run = await process.start(gate, {})
  await run.settled()
  await process.engine.sendMessage(run.id, { by, text: 'approved' })
  expect(await run.settled()).toMatchObject({ status: 'waiting', waiting_for: { reason: 'approval' } })
  await run.answer({ approved: false })
  expect(await run.output()).toBe(false)
})

it('[ES11] a session that is gone is replaced by one that begins with the task, what people wrote and the end of its transcript, and the run says so', async () => {
  const group = await processes([talk])
  const before = puppet('puppet')
  const dying = await group.next({ workspace: FOLDER, agents: [before.adapter] })
  const { id } = await dying.start(talk, {})
  const first = await before.turn(0)
  first.says('I begin.')
  await dying.engine.sendMessage(id, { by, text: 'use tabs' })
  const told = await before.turn(1)
  told.says('Tabs.')
  await turns()
  dying.die()

  const long = Array.from(
    { length: 30 },
    (_, at) => ({ kind: 'text', text: `${at} ${'x'.repeat(3000)}` }) as const,
  )
  const retells = [...long, { kind: 'tool', text: 'Write tabs.ts' }] as const
  const after = puppet('puppet', { retells })
  const living = await group.next({ workspace: FOLDER, agents: [after.adapter] })
  const gone = await after.turn(0)
  gone.fails(new WorkflowError('AGENT_SESSION_NOT_FOUND', 'Not there.'))
  const anew = await after.turn(1)
  expect(anew.request.resume).toBe(false)
  expect(anew.request.sessionId).not.toBe(first.request.sessionId)
  const { prompt } = anew.request
  expect(prompt).toMatch(/^do the task\n\n/)
  expect(prompt).toMatch(/ada wrote to you:\nuse tabs/)
  expect(prompt).toMatch(/the first 19 entries are left out/)
  expect(prompt).toMatch(/- did: Write tabs\.ts/)
  expect(prompt.length).toBeLessThan(25_000)
  anew.ends('done')
  expect(await living.run(id).output()).toBe('done')
  const events = await living.run(id).journal()
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'agent.started',
      payload: expect.objectContaining({ restartOf: first.request.sessionId, resumed: false }),
    }),
  )
  expect(living.files.lines.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/could not be resumed; the agent starts anew/),
  )
})

it("[EM6] a session that is taken over is a person's until it is given back, also over a restart, and then its agent goes on in it", async () => {
  const group = await processes([talk])
  const plain = puppet('puppet')
  const without = await group.next({ workspace: FOLDER, agents: [plain.adapter] })
  const refusedRun = await without.start(talk, {})
  ;(await plain.turn(0)).says('I begin.')
  await turns()
  await expect(without.engine.requestTakeover(refusedRun.id, { by })).rejects.toMatchObject({
    code: 'AGENT_CAPABILITY_MISSING',
  })
  plain.turns[0]?.ends('done')
  await refusedRun.ended()
  await without.close()

  const before = puppet('puppet', { interactive: true })
  const dying = await group.next({ workspace: FOLDER, agents: [before.adapter] })
  const { id } = await dying.start(talk, {})
  const first = await before.turn(0)
  const asked = await dying.engine.requestTakeover(id, { by })
  expect(asked).toMatchObject({
    step: { name: 'work' },
    session: { cli_session_id: first.request.sessionId },
  })
  await turns()
  expect(first.request.signal.aborted).toBe(false)
  first.says('I begin.')
  expect(await dying.run(id).settled()).toMatchObject({ waiting_for: { reason: 'takeover' } })
  expect(first.request.signal.aborted).toBe(true)
  dying.die()

  const after = puppet('puppet', { interactive: true })
  const living = await group.next({ workspace: FOLDER, agents: [after.adapter] })
  await living.engine.sendMessage(id, { by, text: 'still here' })
  expect(await living.run(id).settled()).toMatchObject({ waiting_for: { reason: 'takeover' } })
  expect(after.turns).toEqual([])
  await living.run(id).answer({ approved: true, answer: 'give-back' })
  const second = await after.turn(0)
  expect(second.request).toMatchObject({ resume: true, sessionId: first.request.sessionId })
  expect(second.request.prompt).toContain('still here')
  second.ends('done')
  expect(await living.run(id).output()).toBe('done')
  await expect(living.engine.requestTakeover(id, { by })).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' })
})
