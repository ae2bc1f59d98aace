import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureClaude, ensureCodex, startScriptedModel, type ModelScript } from '@holdfast/agents/testing'
import { createHoldfast } from '@holdfast/runtime'
import { expect, it, onTestFinished, vi } from 'vitest'
import { holdfast, repository, start } from './world.ts'

const [claude, codex] = [await ensureClaude(), await ensureCodex()]
const reason = 'skip' in claude ? claude.skip : 'skip' in codex ? codex.skip : ''
if (reason !== '') process.stderr.write(`Skipping the talk with Claude Code and Codex: ${reason}\n`)

const PATIENCE = { timeout: 60_000, interval: 50 }

const script = (wait: (name: string) => string): ModelScript => ({
  rules: [
    { when: 'an earlier session', steps: [{ text: 'Anew, with a test.' }] },
    { when: 'use tabs[^]*and docs', steps: [{ text: 'With tabs and docs.' }] },
    {
      when: 'add a test',
      steps: [
        { text: 'A test it is.', tools: [{ shell: wait('codex-again') }] },
        { text: '', hold: 'ever' },
      ],
    },
    {
      when: 'task of (claude|codex)',
      steps: [
        { text: 'I begin.', tools: [{ shell: wait('begun-$STEP_OF') }] },
        { text: '', hold: 'ever' },
      ],
    },
    { when: 'process was interrupted', steps: [{ text: 'After the person.' }] },
  ],
})

it.skipIf(reason !== '')(
  '[EM4] Claude Code is told while it works and Codex is stopped and resumed; the worker is killed with -9 between receipt and delivery, and a session that is gone starts anew from its transcript',
  { timeout: 180_000 },
  async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-talk-')))
    onTestFinished(() => rmSync(outside, { recursive: true, force: true, maxRetries: 5 }))
    const at = (name: string): string => join(outside, name)
    const wait = (name: string): string =>
      `touch "${at(name)}"; until [ -e "${at('go')}" ]; do sleep 0.05; done`
    const model = await startScriptedModel({ script: script(wait) })
    onTestFinished(() => model.close())
    mkdirSync(at('home/.codex'), { recursive: true })
    const env = {
      HOME: at('home'),
      CLAUDE_CONFIG_DIR: at('home/.claude'),
      CODEX_HOME: at('home/.codex'),
      HOLDFAST_CLAUDE_COMMAND: 'file' in claude ? claude.file : '',
      HOLDFAST_CODEX_COMMAND: 'file' in codex ? codex.file : '',
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'test-key',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      MINE_KEY: 'test-key',
    }
    const root = repository({
      '.agent/workflows/templates/both.ts': `import { createWorkflow } from 'holdfast'
import { claudeWith, codexWith } from 'holdfast/agents'

const one = claudeWith({ model: 'claude-sonnet-4-5' })
const two = codexWith({
  model: 'gpt-5.5',
  config: {
    model_provider: 'mine',
    'model_providers.mine.name': 'mine',
    'model_providers.mine.base_url': '${model.url}/v1',
    'model_providers.mine.wire_api': 'responses',
    'model_providers.mine.env_key': 'MINE_KEY',
    'analytics.enabled': false,
    'features.plugins': false,
  },
})

export default createWorkflow({ name: 'both' }, async (ctx) => {
  const { a, b } = await ctx.all({
    a: (ctx) => ctx.runCli('one', one, 'The task of claude', { permissionMode: 'full', env: { STEP_OF: 'claude' } }),
    b: (ctx) => ctx.runCli('two', two, 'The task of codex', { permissionMode: 'full', env: { STEP_OF: 'codex' } }),
  })
  return [a.text, b.text]
})
`,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    })
    const own = await createHoldfast({ projectPath: root })
    onTestFinished(() => own.close())
    const run = await own.start('both')
    const say = async (text: string, step: string): Promise<void> =>
      expect(await holdfast(root, ['message', 'latest', text, '--step', step, '--by', 'ada'])).toMatchObject({
        code: 0,
      })
    const states = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await own.store.listMessages({ runId: run.id }))
          .filter(({ message_type: type }) => type === 'intervention')
          .map((row) => [row.text_content, row.delivery_state]),
      )

    const first = start(root, ['worker'], env)
    for (const name of ['begun-claude', 'begun-codex'])
      await vi.waitFor(() => expect(existsSync(at(name))).toBe(true), PATIENCE)
    await say('use tabs', 'one')
    await say('add a test', 'two')
    await vi.waitFor(() => expect(existsSync(at('codex-again'))).toBe(true), PATIENCE)
    await vi.waitFor(
      async () => expect(await states()).toEqual({ 'use tabs': 'queued', 'add a test': 'delivered' }),
      PATIENCE,
    )
    first.process.kill('SIGKILL')
    await first.ended
    await say('and docs', 'one')
    rmSync(at('home/.codex/sessions'), { recursive: true })
    writeFileSync(at('go'), '')

    const second = start(root, ['worker'], env)
    expect(await run.output()).toEqual(['With tabs and docs.', 'Anew, with a test.'])
    second.process.kill('SIGTERM')
    await second.ended
    expect(await states()).toEqual({
      'use tabs': 'answered',
      'add a test': 'answered',
      'and docs': 'answered',
    })
    const sessions = await own.store.listAgentSessions(run.id)
    const of = (name: string) => sessions.filter((session) => session.name === name)
    expect(of('one').map(({ resumed }) => resumed)).toEqual([false, true])
    expect(new Set(of('one').map((session) => session.cli_session_id)).size).toBe(1)
    // Begun, resumed with the message, resumed after the kill in vain, begun anew.
    expect(of('two').map(({ resumed }) => resumed)).toEqual([false, true, true, false])
    const anew = JSON.stringify(model.calls.findLast(({ rule }) => rule === 'an earlier session')?.body)
    expect(anew).toMatch(/The task of codex[^]*ada wrote to you:[^]*add a test[^]*said: A test it is/)
    const asked = JSON.stringify(model.calls.findLast(({ rule }) => rule?.startsWith('use tabs'))?.body)
    expect(asked).toMatch(/may have reached you/)
  },
)

it.skipIf(reason !== '')(
  '[EM6] the session of Claude Code is opened in its interactive mode while the run waits, and the agent goes on in it afterwards',
  { timeout: 120_000 },
  async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-talk-')))
    onTestFinished(() => rmSync(outside, { recursive: true, force: true, maxRetries: 5 }))
    const at = (name: string): string => join(outside, name)
    const wait = (name: string): string => `touch "${at(name)}"; sleep 600`
    const model = await startScriptedModel({ script: script(wait) })
    onTestFinished(() => model.close())
    // Claude Code itself, but for its interactive mode, in which a person does something and leaves.
    const person = `pwd > '${at('folder')}'; echo "$@" > '${at('args')}'; echo by hand > made.txt`
    const command = at('claude')
    const file = 'file' in claude ? claude.file : ''
    writeFileSync(command, `#!/bin/sh\ncase " $* " in *" -p "*) exec '${file}' "$@";; esac\n${person}\n`, {
      mode: 0o755,
    })
    const env = {
      HOME: at('home'),
      CLAUDE_CONFIG_DIR: at('home/.claude'),
      HOLDFAST_CLAUDE_COMMAND: command,
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'test-key',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }
    const root = repository({
      '.agent/workflows/templates/one.ts': `import { createWorkflow } from 'holdfast'
import { claudeWith } from 'holdfast/agents'

const agent = claudeWith({ model: 'claude-sonnet-4-5' })

export default createWorkflow({ name: 'one' }, async (ctx) => {
  const { text } = await ctx.runCli('work', agent, 'The task of claude', { permissionMode: 'full', env: { STEP_OF: 'claude' } })
  return [text, await ctx.files.read('made.txt')]
})
`,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    })
    const own = await createHoldfast({ projectPath: root })
    onTestFinished(() => own.close())
    const run = await own.start('one')
    const worker = start(root, ['worker'], env)
    await vi.waitFor(() => expect(existsSync(at('begun-claude'))).toBe(true), PATIENCE)
    const taken = await start(root, ['takeover', 'latest', '--by', 'ada'], env).ended
    expect(taken).toMatchObject({ code: 0, stderr: expect.stringContaining('The session is given back.') })
    expect(await run.output()).toEqual(['After the person.', 'by hand\n'])
    worker.process.kill('SIGTERM')
    await worker.ended
    const [first, second] = await own.store.listAgentSessions(run.id)
    expect(second).toMatchObject({ resumed: true, cli_session_id: first?.cli_session_id })
    expect(readFileSync(at('args'), 'utf8')).toContain(`--resume ${first?.cli_session_id}`)
    expect(readFileSync(at('folder'), 'utf8')).toBe(`${root}\n`)
    const [question] = await own.store.listApprovals({ runId: run.id })
    expect(question).toMatchObject({
      kind: 'takeover',
      answered_by: 'ada',
      comment: 'claude left with exit code 0',
    })
  },
)
