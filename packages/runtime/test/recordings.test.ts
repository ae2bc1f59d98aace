import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import { createWorkspacePort } from '@holdfast/workspace'
import { expect, onTestFinished, test } from 'vitest'
import { recordRun } from '../src/recordings/recordRun.ts'
import { saveRecording } from '../src/recordings/saveRecording.ts'
import { Prompts } from '../src/prompts/Prompts.ts'
import { createTestEngine, type TestOptions } from '../src/testing.ts'

const TOKENS = {
  inputTokens: 10,
  outputTokens: 5,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}
const agent = { agent: 'worker' }

/** Writes the file that its prompt names; waits for the other of two that are to write at the same time. */
function worker(): AgentAdapter {
  let arrived = 0
  const both = Promise.withResolvers<void>()
  return {
    name: 'worker',
    capabilities: {
      resume: false,
      presetSessionId: false,
      steer: false,
      structuredOutput: true,
      cost: true,
      permissionModes: ['edit'],
      allowedTools: true,
      maxTurns: true,
    },
    check: async () => {},
    run: async ({ prompt, cwd, stepName }, observer) => {
      observer.onUsage({
        ...TOKENS,
        provider: 'p',
        model: 'm',
        costUsd: 0.5,
        priceSource: 'agent',
        latencyMs: 1,
        callId: null,
      })
      if (stepName === 'bad') throw new WorkflowError('AGENT_LIMIT_REACHED', 'Too many turns.')
      if (prompt.startsWith('beside')) {
        if (++arrived === 2) both.resolve()
        await both.promise
      }
      writeFileSync(join(cwd, prompt), `by ${stepName} with house-secret-1\n`)
      return {
        text: `did ${prompt}`,
        output: undefined,
        sessionId: `s-${stepName}`,
        usage: TOKENS,
        costUsd: 0.5,
        stopReason: 'end_turn',
      }
    },
    inspect: async () => ({ installed: true, version: null, signedIn: null, detail: '' }),
  }
}

const kid = createWorkflow({ name: 'kid' }, async (ctx) => (await ctx.runCli('first', agent, 'k.txt')).text)

const flow = createWorkflow({ name: 'flow' }, async (ctx) => {
  const below = await ctx.child(kid, {})
  const first = await ctx.runCli('first', agent, 'a.txt')
  const inner = await ctx.run(
    'outer',
    async ({ ctx: own }) => (await own.runCli('inner', agent, 'b.txt')).text,
  )
  const bad = await ctx
    .runCli('bad', agent, 'c.txt')
    .catch((error: { code: string; message: string }) => [error.code, error.message])
  return { below, first: first.text, session: first.sessionId, changed: first.changedFiles, inner, bad }
})

const beside = createWorkflow({ name: 'beside' }, async (ctx) => {
  const both = await ctx.all({
    one: (own) => own.runCli('one', agent, 'beside-1.txt'),
    two: (own) => own.runCli('two', agent, 'beside-2.txt'),
  })
  return both.one.text + both.two.text
})

async function engineWith(options: Omit<TestOptions, 'workflows'>) {
  const engine = await createTestEngine({
    workflows: [flow, beside, kid],
    workspace: createWorkspacePort(),
    ...options,
  })
  onTestFinished(() => engine.close())
  return engine
}

test('[RT44] each agent step is recorded as it ended at last, and a test that plays it sees the same', async () => {
  const engine = await engineWith({ agents: [worker()], projectFiles: { 'a.txt': 'house-secret-1' } })
  const run = await engine.start(flow, {})
  // It waits for its child first.
  const { output, error } = await run.ended()
  expect(error).toBeNull()
  expect(output).toMatchObject({
    below: 'did k.txt',
    session: 's-first',
    changed: ['a.txt'],
    bad: ['AGENT_LIMIT_REACHED', 'Too many turns.'],
  })
  const redact = (text: string): string => text.replaceAll('house-secret-1', '[redacted]')
  const parts = {
    store: engine.store,
    workspace: createWorkspacePort(),
    prompts: new Prompts(engine.store),
    projectPath: engine.projectPath,
    redact,
  }
  const { recording, notes } = await recordRun(parts, run.id)
  expect(notes).toEqual([])
  expect(
    recording.agents.map(({ key, files }) => [key, files?.map((file) => [file.path, file.after])]),
  ).toEqual([
    ['first', [['a.txt', { text: 'by first with [redacted]\n' }]]],
    ['outer@1/inner', [['b.txt', { text: 'by inner with [redacted]\n' }]]],
    ['bad', []],
    ['kid//first', [['k.txt', { text: 'by first with [redacted]\n' }]]],
  ])
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-recording-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await saveRecording(folder, recording)
  const played = await engineWith({ recording: folder, projectFiles: { 'a.txt': '[redacted]' } })
  const again = await played.start(flow, {})
  expect((await again.ended()).output).toEqual(output)
  expect(played.unplayed()).toEqual([])
  expect(
    (await played.store.listLlmUsage({ runId: again.id })).map((row) => [row.cost, row.price_source]),
  ).toEqual(Array.from({ length: 3 }, () => [0.5, 'recording']))

  const twins = await engine.start(beside, {}, { allowDirty: true })
  await twins.output()
  const inexact = await recordRun(parts, twins.id)
  expect(inexact.notes).toEqual([
    expect.stringContaining('step "~all/one/one" changed is not known'),
    expect.stringContaining('step "~all/two/two" changed is not known'),
  ])
  await saveRecording(folder, inexact.recording)
  const refused = await engineWith({ recording: folder })
  expect((await (await refused.start(beside, {})).ended()).error).toMatchObject({
    code: 'AGENT_RECORDING_INVALID',
  })
  await expect(
    recordRun({ ...parts, workspace: { contentChanges: () => Promise.reject(new Error('gone')) } }, run.id),
  ).rejects.toMatchObject({
    code: 'CHECKPOINT_MISSING',
  })
})
