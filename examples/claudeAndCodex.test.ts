import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ensureClaude, ensureCodex, startScriptedModel, type ScriptedModel } from '@holdfast/agents/testing'
import { endProcesses, RUN_VARIABLE } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { holdfast, latestRun, start } from './support/command.ts'
import { git, sdlcProject, type Project } from './support/projects.ts'
import { REVIEW, sdlcScript, TURNS } from './support/sdlcScript.ts'
import { withStore } from './support/withStore.ts'

const [claude, codex] = await Promise.all([ensureClaude(), ensureCodex()])
const reason = [claude, codex].flatMap((program) => ('skip' in program ? [program.skip] : [])).join(' ')
if (reason !== '') process.stderr.write(`Skipping the example with its real agents: ${reason}\n`)

/** Agent, model and US dollars for a million tokens of it, by the steps that it does. */
const PLANNER = { agent: 'claude', model: 'claude-sonnet-4-5', price: { input: 3, output: 15 } }
const IMPLEMENTER = { agent: 'codex', model: 'gpt-5.5', price: { input: 5, output: 30 } }
const WHO = { 'generate-plan': PLANNER, implement: IMPLEMENTER, repair: IMPLEMENTER, review: PLANNER }

// Outside CI a machine without network cannot install the programs; under CI that throws instead.
describe.skipIf(reason !== '')(
  `02-simple-sdlc with Claude Code and Codex themselves${reason === '' ? '' : ` (${reason})`}`,
  () => {
    test(
      'Claude plans, Codex implements, survives kill -9 of the worker in its session, repairs in it, Claude reviews',
      { timeout: 240_000 },
      async () => {
        const project = await sdlcProject()
        const model = await startScriptedModel({ script: sdlcScript({ hold: 'second file' }) })
        onTestFinished(() => model.close())
        const env = await agentEnvironment(project, model)
        const input = JSON.stringify({ featureName: 'slugify', specPath: 'specs/slugify.md' })

        const killed = start(project, ['run', 'simple-sdlc', '--input', input], env)
        await model.held('second file')
        killed.process.kill('SIGKILL')
        expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' })
        expect(git(project.path, 'status', '--porcelain')).toBe('?? src/slugify.js')
        const { id } = await latestRun(project)

        // What asks from now on is not held; the answer that the orphan waits for never comes.
        model.setScript(sdlcScript())
        const asked = await holdfast(project, ['resume', 'latest'], env)
        expect(asked.code, asked.stderr).toBe(3)
        expect((await holdfast(project, ['approve', 'latest'], env)).code).toBe(0)
        const resumed = await holdfast(project, ['resume', 'latest'], env)
        expect(resumed.code, resumed.stderr).toBe(0)
        expect(await endProcesses({ variable: { name: RUN_VARIABLE, value: id }, known: [] })).toBe(0)

        const run = await latestRun(project)
        expect(run).toMatchObject({
          id,
          status: 'completed',
          output: { published: true, rounds: 2 },
          comments: [{ message: 'Planned by claude' }, {}],
        })
        expect(git(project.path, 'log', '--format=%s', 'main..feature/slugify')).toBe('Add slugify')
        expect(git(project.path, 'show', '--format=', '--name-only', 'feature/slugify').split('\n')).toEqual([
          'src/slugify.js',
          'test/slugify.test.js',
        ])
        expect(git(project.remote, 'rev-parse', 'feature/slugify')).toBe(run.git.final_commit)
        const code = readFileSync(path.join(project.path, 'src/slugify.js'), 'utf8')
        expect(code.match(/export function/g)).toHaveLength(1)
        expect(code).toContain(".normalize('NFD')")
        const review = run.artifacts.find(({ name }) => name === 'review.md')
        expect(readFileSync(path.join(project.path, review?.storage_path ?? ''), 'utf8')).toBe(REVIEW)
        await checkSessions(project, run.id)
        await checkUsage(project, run)
        checkRepair(model)
      },
    )
  },
)

/** Each step has its transcript; `repair` goes on in the session of `implement`, which was killed once. */
async function checkSessions(project: Project, runId: string): Promise<void> {
  const sessions = await withStore(project, (store) => store.listAgentSessions(runId))
  expect(sessions.map(({ name, agent, resumed, status }) => `${name} ${agent} ${resumed} ${status}`)).toEqual(
    [
      'generate-plan claude false completed',
      'implement codex false failed',
      'implement codex true completed',
      'repair codex true completed',
      'review claude false completed',
    ],
  )
  const [, killed, implement, repair] = sessions
  expect(killed).toMatchObject({
    completed_at: implement?.started_at,
    error: { message: expect.stringContaining('worker was gone') },
  })
  expect(new Set([killed, implement, repair].map((session) => session?.cli_session_id)).size).toBe(1)
  expect(new Set(sessions.map((session) => session.cli_session_id)).size).toBe(3)
  for (const session of sessions)
    expect(existsSync(path.join(project.path, session.session_file_path))).toBe(true)
}

/** One row for each call of the model, with the tokens that the model said and what they cost. */
async function checkUsage(project: Project, run: Awaited<ReturnType<typeof latestRun>>): Promise<void> {
  const rows = await withStore(project, (store) => store.listLlmUsage({ runId: run.id }))
  const stepOf = (id: string | null) => run.steps.find((step) => step.id === id)?.name
  const turns = Object.entries(TURNS).flatMap(([step, all]) =>
    all.map(({ input, output }) => ({ ...WHO[step as keyof typeof TURNS], step, input, output })),
  )
  expect(rows.map((row) => [stepOf(row.step_id), row.input_tokens, row.output_tokens, row.model])).toEqual(
    turns.map(({ step, input, output, model }) => [step, input, output, model]),
  )
  const input = turns.reduce((sum, turn) => sum + turn.input, 0)
  const output = turns.reduce((sum, turn) => sum + turn.output, 0)
  expect(run.usage).toMatchObject({
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
  })
  const cost = turns.reduce(
    (sum, { price, ...turn }) => sum + turn.input * price.input + turn.output * price.output,
    0,
  )
  expect(run.usage.cost_usd).toBeCloseTo(cost / 1e6, 6)
}

/** The failing tests reach the model in the conversation that began with the implementation. */
function checkRepair(model: ScriptedModel): void {
  const repair = model.calls.find(({ rule }) => rule === 'The tests fail')
  const said = JSON.stringify(repair?.body['input'])
  expect(said).toContain('Implement this specification')
  expect(said).toContain('Your process was interrupted')
  expect(said).toContain('letters with accents lose them')
}

/** Both programs with a home of their own, and the scripted model for their providers. */
async function agentEnvironment(project: Project, model: ScriptedModel): Promise<Record<string, string>> {
  const codexHome = path.join(project.folder, '.codex')
  await mkdir(codexHome)
  await writeFile(path.join(codexHome, 'config.toml'), codexConfig(model))
  return {
    HOME: project.folder,
    HOLDFAST_CLAUDE_COMMAND: 'file' in claude ? claude.file : 'claude',
    CLAUDE_CONFIG_DIR: path.join(project.folder, '.claude'),
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_MODEL: PLANNER.model,
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    HOLDFAST_CODEX_COMMAND: 'file' in codex ? codex.file : 'codex',
    CODEX_HOME: codexHome,
    CODEX_API_KEY: 'test-key',
  }
}

const codexConfig = ({ url }: ScriptedModel): string => `model = "${IMPLEMENTER.model}"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "CODEX_API_KEY"
request_max_retries = 1
stream_max_retries = 1
[analytics]
enabled = false
[features]
plugins = false
`
