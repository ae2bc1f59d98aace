import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OFFLINE_KEY, startScriptedModel, type ModelScript } from '@holdfast/agents/testing'
import type { LlmUsageRow } from '@holdfast/store/contract'
import { endProcesses, RUN_VARIABLE } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { installedAgents } from './support/realAgents.ts'
import { eventually, isRunning, outsideFolder, workerProcess } from './support/workers.ts'

const { agentsIn, reason } = await installedAgents()
if (reason !== '') process.stderr.write(`Skipping the workflow of four agents: ${reason}\n`)

/** Reads, edits, and is then in the middle of a tool; what it would go on with is asked of the next process only. */
const SCRIPT: ModelScript = {
  rules: [
    {
      when: 'add a line to notes.txt',
      steps: [
        { text: 'I look.', tools: [{ read: { path: 'notes.txt' } }], usage: { input: 100, output: 10 } },
        {
          text: 'I add it.',
          tools: [{ edit: { path: 'notes.txt', old: 'begin\n', new: 'begin\nadded\n' } }],
          usage: { input: 20, output: 30, cacheRead: 1000 },
        },
        {
          text: 'I test it.',
          tools: [{ shell: 'echo $$ > tool.pid; sleep 600' }],
          usage: { input: 7, output: 40, cacheRead: 1100 },
        },
        // Codex asks again after ten seconds, while its command goes on.
        { hold: 'for ever' },
      ],
    },
    {
      when: 'your process was interrupted',
      steps: [
        {
          text: 'Where was I?',
          tools: [{ shell: 'git status --short' }],
          usage: { input: 50, output: 5 },
        },
        { text: 'The line is there.', usage: { input: 3, output: 6, cacheRead: 1200 } },
      ],
    },
  ],
}
/** How long the slowest agent may take to come to its tool, on a machine that does other work. */
const PATIENCE_MS = 150_000
/** Tokens of all calls: in, out, and read from the cache. */
const ALL: Tokens = [180, 91, 3300]
/** What agents of the Agent Client Protocol state of it: nothing of a killed process, and OpenCode its last call only. */
const STATED: Readonly<Record<string, Tokens>> = { 'claude-acp': [53, 11, 1200], opencode: [3, 6, 1200] }

const FILES = {
  [template('team')]: `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'team' }, async (ctx) => {
  const agents = Object.entries(ctx.input.agents)
  return ctx.all(Object.fromEntries(agents.map(([name, agent]) => [name, (ctx) => ctx.child('member', { name, agent })])))
})
`,
  [template('member')]: `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'member', workspace: 'worktree' }, async (ctx) => {
  const { name, agent } = ctx.input
  const { text, sessionId } = await ctx.runCli(name, agent, 'Add a line to notes.txt', { permissionMode: 'full' })
  return { text, sessionId, notes: await ctx.files.read('notes.txt') }
})
`,
  'notes.txt': 'begin\n',
  '.gitignore':
    '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n.agent/workflows/worktrees/\ntool.pid\n',
}

describe.skipIf(reason !== '')(`a team of real agents${reason === '' ? '' : ` (skipped: ${reason})`}`, () => {
  test(
    '[ES11] agents in worktrees of their own, their worker killed while a tool of each runs: same sessions, one edit, every call paid once, nothing left',
    { timeout: 300_000 },
    async () => {
      const model = await startScriptedModel({ script: SCRIPT, keys: [OFFLINE_KEY] })
      onTestFinished(() => model.close())
      const { environment, agents, sessionsKept } = await agentsIn(outsideFolder(), model.url)
      const root = temporaryProject(FILES, { git: true })
      const holdfast = await holdfastOn(root)
      const { store } = holdfast
      const first = await workerProcess(root, { env: environment })
      const run = await holdfast.start('team', { agents })
      const members = await eventually('every member has begun', async () => {
        const { items } = await store.listWorkflowRuns({ limit: 20 })
        const children = items.filter((one) => one.parent_run_id === run.id)
        return children.length === Object.keys(agents).length ? children : null
      })
      const toolOf = async (id: string): Promise<number> => {
        const { workspace_path: place } = await store.getWorkflowRun(id)
        return Number(readIf(join(root, place ?? '', 'tool.pid')))
      }
      const tools = await Promise.all(
        members.map(({ id }) =>
          eventually(`a tool of ${id} runs`, async () => (await toolOf(id)) || null, PATIENCE_MS),
        ),
      )
      await sessionsKept('I test it.')
      expect(tools.map(isRunning)).not.toContain(false)

      await first.kill()
      // Codex ends with the pipe that it writes to, and its tools with it; the others live on.
      expect(tools.filter(isRunning).length).toBeGreaterThanOrEqual(3)
      await workerProcess(root, { env: environment })
      const output = (await run.output()) as Record<string, { sessionId: string }>

      expect(tools.map(isRunning)).not.toContain(true)
      for (const member of members) {
        const { name } = member.input as { name: string }
        const [step] = await store.listWorkflowSteps(member.id)
        const sessions = await store.listAgentSessions(member.id)
        const usage = await store.listLlmUsage({ runId: member.id })
        const said = output[name]
        const called = name in STATED ? `acp:${name}` : name
        expect(said, name).toMatchObject({ text: 'The line is there.', notes: 'begin\nadded\n' })
        // One conversation, in two processes; what the model was told last holds all of it.
        expect(sessions, name).toMatchObject([
          { agent: called, cli_session_id: said?.sessionId, resumed: false, status: 'failed' },
          { agent: called, cli_session_id: said?.sessionId, resumed: true, status: 'completed' },
        ])
        expect(step, name).toMatchObject({ name, status: 'completed' })
        const transcript = readFileSync(join(root, sessions[1]?.session_file_path ?? ''), 'utf8')
        expect(transcript.match(/"event":"started"/g), name).toHaveLength(2)
        expect(transcript, name).toContain('I test it.')
        expect(transcript.match(/"event":"ended"/g), name).toHaveLength(1)
        // Each call once, those of the killed process too.
        expect(sum(usage), name).toEqual(STATED[name] ?? ALL)
        expect(new Set(usage.map((row) => row.call_id)).size, name).toBe(usage.length)
        expect(
          usage.map((row) => row.agent_session_id).every((id) => sessions.some((one) => one.id === id)),
        ).toBe(true)
        expect(
          usage.every((row) => row.cost !== null && row.cost > 0 && row.price_source !== null),
          name,
        ).toBe(true)
      }
      expect(await leftOf([run.id, ...members.map(({ id }) => id)])).toBe(0)
    },
  )
})

function readIf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

type Tokens = readonly [input: number, output: number, cachedRead: number]

function sum(usage: readonly LlmUsageRow[]): Tokens {
  const of = (name: 'input_tokens' | 'output_tokens' | 'cached_read_tokens'): number =>
    usage.reduce((all, row) => all + row[name], 0)
  return [of('input_tokens'), of('output_tokens'), of('cached_read_tokens')]
}

/** Ends what is left of runs and answers how many processes that were. */
async function leftOf(runs: readonly string[]): Promise<number> {
  const counts = runs.map((value) => endProcesses({ variable: { name: RUN_VARIABLE, value }, known: [] }))
  return (await Promise.all(counts)).reduce((all, one) => all + one, 0)
}
