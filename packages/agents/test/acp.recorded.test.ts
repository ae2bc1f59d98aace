import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAcpAdapter } from '@holdfast/agents'
import { acp } from '@holdfast/agents/author'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { expect, test } from 'vitest'
import { rejection, requestFor, temporaryFolder, transcriptOf, witness } from './helpers.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/acp/', import.meta.url))
const PLAYER = fileURLToPath(new URL('acpPlayer.ts', import.meta.url))

/** Plays the session file of a real agent. */
async function play(name: string, parts: Partial<AgentRequest> = {}) {
  const cwd = await temporaryFolder()
  const agent = acp({
    name: name.split('-')[0] ?? '',
    command: [process.execPath, PLAYER, path.join(FIXTURES, `${name}.jsonl`)],
    ...(name.startsWith('gemini') ? { authMethod: 'gemini-api-key' } : {}),
  })
  const request = requestFor(cwd, { agent, sessionId: null, permissionMode: 'full', ...parts })
  const seen = witness()
  return {
    seen,
    request,
    outcome: createAcpAdapter({ PATH: process.env['PATH'] }).run(request, seen),
  }
}

test('[AG4] OpenCode asks before a command; edit denies it, and the run sees that', async () => {
  const { seen, request, outcome } = await play('opencode-denied', { permissionMode: 'edit' })
  expect(await outcome).toMatchObject({ stopReason: 'end_turn' })
  expect(seen.activity).toContainEqual({ kind: 'notice', text: 'Denied echo bye >> hello.txt' })
  const sent = JSON.stringify(await transcriptOf(request))
  expect(sent).toContain('"outcome":{"outcome":"selected","optionId":"reject"}')
})

test('[AG6] an error that OpenCode answers with is the error of the step, in its words', async () => {
  const { outcome } = await play('opencode-bad400')
  expect(await rejection(outcome)).toMatchObject({
    code: 'AGENT_FAILED',
    message: expect.stringContaining('scripted bad request'),
  })
})

test('[AG7] Gemini CLI states its usage in a place of its own, and no cost', async () => {
  const { seen, outcome } = await play('gemini-hello')
  expect(await outcome).toMatchObject({ text: 'Done: hello.txt contains hi.', costUsd: null })
  expect(seen.usage).toMatchObject([
    { provider: 'gemini', model: 'gemini-2.5-flash', inputTokens: 8850, outputTokens: 57, costUsd: null },
  ])
})

test('[AG2] a session of Gemini CLI is not loaded, because that would empty it', async () => {
  const { request, outcome } = await play('gemini-resume', { sessionId: 'known', resume: true })
  expect(await rejection(outcome)).toMatchObject({ code: 'AGENT_SESSION_NOT_FOUND' })
  expect(JSON.stringify(await transcriptOf(request))).not.toContain('session/load"')
})
