import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createAcpAdapter,
  createClaudeAdapter,
  createCodexAdapter,
  createGeminiAdapter,
  createReplayAdapter,
  type RecordingRule,
} from '@holdfast/agents'
import { acp, claudeWith, codexWith, geminiWith, replay } from '@holdfast/agents/author'
import { adapterContract, type Scenario } from './adapterContract.ts'
import { requestFor, temporaryFolder, witness } from './helpers.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** Recorded stream and further shell commands of each scenario. */
type Recorded = Readonly<Record<Scenario, readonly [recording: string, then: string]>>

const RECORDINGS: Recorded = {
  success: ['hello', ''],
  resumed: ['resume', ''],
  overloaded: ['rate-limit-forever', ''],
  'unknown-session': ['resume-unknown', ''],
  hangs: ['signal-SIGKILL', 'setsid sleep 600 & wait'],
  killed: ['signal-SIGKILL', 'setsid sleep 600 & kill -9 $$'],
}

/** A program that prints what the recorded one printed, and ends as it ended. */
async function recorded(agent: string, [name, then]: Recorded[Scenario]) {
  const cwd = await temporaryFolder()
  const recording = path.join(FIXTURES, agent, name)
  const meta = JSON.parse(await readFile(`${recording}.meta.json`, 'utf8')) as {
    readonly code: number | null
    readonly stderr: string
    readonly sessionId: string | null
  }
  const command = path.join(cwd, agent)
  const script = [
    '#!/bin/sh',
    'cat > /dev/null',
    `cat '${recording}.jsonl'`,
    `printf %s '${meta.stderr.replaceAll("'", '')}' >&2`,
    then,
    `exit ${meta.code ?? 1}`,
  ]
  await writeFile(command, `${script.join('\n')}\n`)
  await chmod(command, 0o755)
  const user = { PATH: process.env['PATH'], HOME: cwd }
  return { command, user, cwd, ...(meta.sessionId === null ? {} : { sessionId: meta.sessionId }) }
}

adapterContract('claude', async (scenario) => {
  const { command, user, ...rest } = await recorded('claude', RECORDINGS[scenario])
  return { ...rest, adapter: createClaudeAdapter(user), request: { agent: claudeWith({ command }) } }
})

adapterContract('codex', async (scenario) => {
  const { command, user, ...rest } = await recorded('codex', RECORDINGS[scenario])
  return { ...rest, adapter: createCodexAdapter(user), request: { agent: codexWith({ command }) } }
})

adapterContract('gemini', async (scenario) => {
  const { command, user, ...rest } = await recorded('gemini', RECORDINGS[scenario])
  return { ...rest, adapter: createGeminiAdapter(user), request: { agent: geminiWith({ command }) } }
})

const ACP: Recorded = {
  success: ['opencode-hello', ''],
  resumed: ['opencode-resume', ''],
  overloaded: ['gemini-overloaded', ''],
  'unknown-session': ['opencode-resume-unknown', ''],
  hangs: ['opencode-killed', 'hangs'],
  killed: ['opencode-killed', 'killed'],
}

const PLAYER = fileURLToPath(new URL('acpPlayer.ts', import.meta.url))

adapterContract('acp', async (scenario) => {
  const cwd = await temporaryFolder()
  const [name, then] = ACP[scenario]
  const recording = path.join(FIXTURES, 'acp', `${name}.jsonl`)
  const sessionId = /"sessionId":"(ses_\w+)"/.exec(await readFile(recording, 'utf8'))?.[1]
  const agent = acp({
    name: 'recorded',
    command: [process.execPath, PLAYER, recording, then].filter((word) => word !== ''),
    ...(name.startsWith('gemini') ? { authMethod: 'gemini-api-key' } : {}),
  })
  return {
    adapter: createAcpAdapter({ PATH: process.env['PATH'] }),
    cwd,
    request: { agent },
    ...(sessionId === undefined ? {} : { sessionId }),
  }
})

const REPLAY: Readonly<Record<Scenario, Omit<RecordingRule, 'when'>>> = {
  success: {
    events: [
      { text: 'Working.' },
      { usage: { inputTokens: 5, outputTokens: 2, cachedReadTokens: 1, costUsd: 0.1 } },
      { usage: { inputTokens: 1, outputTokens: 1, cachedWriteTokens: 4, costUsd: 0.2 } },
    ],
    answer: { text: 'Done.' },
  },
  resumed: { answer: { text: 'Done.' } },
  overloaded: { answer: { fail: { code: 'AGENT_PROVIDER_OVERLOADED', message: 'busy' } } },
  'unknown-session': { answer: { text: 'never' } },
  hangs: { events: [{ text: 'Working.' }, { shell: { command: 'sleep 600' } }], answer: { text: 'never' } },
  killed: {
    events: [{ text: 'Working.' }, { shell: { command: 'kill -9 $PPID; sleep 600' } }],
    answer: { text: 'never' },
  },
}

adapterContract('replay', async (scenario) => {
  const folder = await temporaryFolder()
  const cwd = path.join(folder, 'work')
  await mkdir(cwd)
  const recording = path.join(folder, 'recording.json')
  const rules: readonly RecordingRule[] = [{ when: {}, ...REPLAY[scenario] }]
  await writeFile(recording, JSON.stringify({ holdfastRecording: 1, rules }))
  const adapter = createReplayAdapter({
    PATH: process.env['PATH'],
    HOLDFAST_REPLAY_STATE: path.join(folder, 'state'),
  })
  const request = { agent: replay({ recording, timeScale: 0 }) }
  if (scenario !== 'resumed') return { adapter, cwd, request }
  const sessionId = randomUUID()
  await adapter.run(requestFor(cwd, { ...request, sessionId }), witness())
  return { adapter, cwd, request, sessionId }
})
