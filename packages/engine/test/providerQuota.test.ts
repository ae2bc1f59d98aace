import { createWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { expect, it } from 'vitest'
import { FOLDER, NOTHING } from './support/agentWorld.ts'
import { processes } from './support/processes.ts'

/** An agent that fails with what `failures` holds, one after the other, and then answers. */
function agent(name: string, failures: readonly Readonly<Record<string, unknown>>[] = []) {
  const left = [...failures]
  const requests: AgentRequest[] = []
  const adapter: AgentAdapter = {
    name,
    capabilities: {
      resume: true,
      presetSessionId: true,
      steer: false,
      structuredOutput: false,
      cost: false,
      permissionModes: ['edit'],
      allowedTools: false,
      maxTurns: false,
    },
    check: async () => {},
    run: async (request) => {
      requests.push(request)
      const details = left.shift()
      if (details !== undefined) throw new WorkflowError('AGENT_PROVIDER_OVERLOADED', 'Not now.', { details })
      const { sessionId } = request
      return {
        text: 'done',
        output: undefined,
        sessionId,
        usage: NOTHING,
        costUsd: null,
        stopReason: 'end_turn',
      }
    },
    inspect: async () => ({ installed: true, version: null, signedIn: null, detail: '' }),
  }
  return { adapter, requests }
}

const quota = (resetAt: string) => ({ kind: 'quota', resetAt })
const FIRST = '2026-01-01T05:00:00.000Z'
const SECOND = '2026-01-01T09:30:00.000Z'

it('[ES21] a used up quota parks its step until the reset without using up an attempt, twice too; others go on, and the session goes on', async () => {
  const w = createWorkflow({ name: 'w' }, async (ctx) =>
    ctx.all({
      one: (branch) => branch.runCli('one', { agent: 'used-up' }, 'work').then(({ text }) => text),
      two: (branch) => branch.runCli('two', { agent: 'other' }, 'work').then(({ text }) => text),
    }),
  )
  const group = await processes([w])
  const before = agent('used-up', [quota(FIRST)])
  const first = await group.next({ workspace: FOLDER, agents: [before.adapter, agent('other').adapter] })
  const { id } = await first.start(w, {})
  expect(await first.run(id).settled()).toMatchObject({
    status: 'waiting',
    waiting_for: { reason: 'quota', until: FIRST },
  })
  expect((await first.run(id).steps()).map(({ name, status }) => [name, status])).toEqual([
    ['all', 'running'],
    ['one', 'retrying'],
    ['two', 'completed'],
  ])
  first.die()

  const after = agent('used-up', [quota(SECOND)])
  const second = await group.next({ workspace: FOLDER, agents: [after.adapter, agent('other').adapter] })
  await second.advance('4h')
  expect(after.requests).toEqual([])
  await second.advance('2h')
  expect(await second.run(id).settled()).toMatchObject({ waiting_for: { reason: 'quota', until: SECOND } })
  await second.advance('4h')
  expect(await second.run(id).output()).toEqual({ one: 'done', two: 'done' })
  const sessions = [...before.requests, ...after.requests]
  expect(sessions.map(({ resume }) => resume)).toEqual([false, true, true])
  expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(1)
  expect(await second.run(id).steps()).toContainEqual(
    expect.objectContaining({ name: 'one', attempt_number: 3, max_attempts: 3 }),
  )
})

it('[ES21] a reset that is over, and a limit that is no quota, are failures like any other', async () => {
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    const { text } = await ctx.runCli('one', { agent: 'used-up' }, 'work', {
      retry: { maxAttempts: 2, delayMs: '1m' },
    })
    return text
  })
  const group = await processes([w])
  const limited = { kind: 'rate-limited', resetAt: FIRST }
  const { adapter, requests } = agent('used-up', [quota('2025-12-31T00:00:00.000Z'), limited])
  const engine = await group.next({ workspace: FOLDER, agents: [adapter] })
  const run = await engine.start(w, {})
  expect(await run.settled()).toMatchObject({ waiting_for: { reason: 'retry' } })
  await engine.advance('2m')
  expect(await run.ended()).toMatchObject({ status: 'failed' })
  expect(requests.map(({ resume }) => resume)).toEqual([false, false])
})
