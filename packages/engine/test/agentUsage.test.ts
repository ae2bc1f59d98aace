import type { AgentReference } from '@holdfast/workflow-sdk'
import { createWorkflow, type JournalEvent } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentObserver } from '@holdfast/workflow-sdk/ports'
import { expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { FOLDER, NOTHING } from './support/agentWorld.ts'
import { processes } from './support/processes.ts'

const agent: AgentReference = { agent: 'counted' }
/** An agent that reports the calls that `script` names, and then answers or hangs. */
function counted(script: (report: (callId: string | null) => void) => 'answers' | 'hangs'): AgentAdapter {
  const run = (observer: AgentObserver): 'answers' | 'hangs' =>
    script((callId) =>
      observer.onUsage({
        ...NOTHING,
        inputTokens: 10,
        provider: 'p',
        model: 'm',
        costUsd: 0.5,
        priceSource: 'agent',
        latencyMs: null,
        callId,
      }),
    )
  return {
    name: 'counted',
    capabilities: {
      resume: true,
      presetSessionId: true,
      steer: false,
      structuredOutput: false,
      cost: true,
      permissionModes: ['edit'],
      allowedTools: false,
      maxTurns: false,
    },
    check: async () => {},
    run: (request, observer) => {
      if (run(observer) === 'hangs') return new Promise(() => {})
      return Promise.resolve({
        text: 'done',
        output: undefined,
        sessionId: request.sessionId,
        usage: NOTHING,
        costUsd: null,
        stopReason: 'end_turn',
      })
    },
    inspect: async () => ({ installed: true, version: null, signedIn: null, detail: '' }),
  }
}

const calls = (journal: readonly JournalEvent[]) =>
  journal.flatMap((event) => (event.type === 'usage.recorded' ? [event.payload.callId] : []))

it('[ES14] a call is written once, whichever process or step reports it; calls without an id are all written', async () => {
  const w = createWorkflow({ name: 'w' }, async (ctx) =>
    ctx.all({
      one: (branch) => branch.runCli('one', agent, 'work').then(({ text }) => text),
      two: (branch) => branch.runCli('two', agent, 'work').then(({ text }) => text),
    }),
  )
  const group = await processes([w])
  const twice = (report: (callId: string | null) => void): void => {
    for (const callId of ['m1', 'm1', null]) report(callId)
  }
  const first = await group.next({
    workspace: FOLDER,
    agents: [counted((report) => (twice(report), 'hangs'))],
  })
  const { id } = await first.start(w, {})
  await first.advance('1s')
  expect(calls(await first.run(id).journal())).toEqual(['m1', null, null])
  first.die()

  const second = await group.next({
    workspace: FOLDER,
    agents: [counted((report) => (report('m1'), report('m2'), 'answers'))],
  })
  expect(await second.run(id).output()).toEqual({ one: 'done', two: 'done' })
  const journal = await second.run(id).journal()
  expect(journal).toContainEqual(
    expect.objectContaining({ type: 'run.resumed', payload: expect.objectContaining({ cause: 'takeover' }) }),
  )
  expect(calls(journal)).toEqual(['m1', null, null, 'm2'])
  await turns()
  expect(await second.store.getWorkflowRun(id)).toMatchObject({ cost_estimate: 2, input_tokens: 40 })
})
