import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureClaude, startScriptedModel, type ScriptedModel } from '@holdfast/agents/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { holdfast, latestRun } from './support/command.ts'
import { git, sdlcProject, type Project } from './support/projects.ts'
import { REVIEW, sdlcScript, TURNS } from './support/sdlcScript.ts'
import { withStore } from './support/withStore.ts'

const installed = await ensureClaude()
const reason = 'skip' in installed ? installed.skip : ''
if (reason !== '') process.stderr.write(`Skipping the example with Claude Code: ${reason}\n`)

const MODEL = 'claude-sonnet-4-5'
/** US dollars for a million tokens of {@link MODEL}. */
const PRICE = { input: 3, output: 15 }

// Outside CI a machine without network cannot install the program; under CI `ensureClaude` throws instead.
describe.skipIf(reason !== '')(
  `02-simple-sdlc with Claude Code itself${reason === '' ? '' : ` (${reason})`}`,
  () => {
    test(
      'plans, implements, repairs in the same session, reviews and publishes',
      { timeout: 180_000 },
      async () => {
        const project = await sdlcProject()
        const model = await startScriptedModel({ script: sdlcScript() })
        onTestFinished(() => model.close())
        const env = claudeEnvironment(project, model)
        const input = JSON.stringify({ featureName: 'slugify', specPath: 'specs/slugify.md' })
        const asked = await holdfast(project, ['run', 'simple-sdlc', '--input', input], env)
        expect(asked.code, asked.stderr).toBe(3)
        expect((await holdfast(project, ['approve', 'latest'], env)).code).toBe(0)
        const resumed = await holdfast(project, ['resume', 'latest'], env)
        expect(resumed.code, resumed.stderr).toBe(0)

        const run = await latestRun(project)
        expect(run).toMatchObject({
          status: 'completed',
          agent_type: 'claude',
          ai_model: MODEL,
          output: { published: true, rounds: 2 },
          comments: [{ message: 'Planned by claude' }, {}],
        })
        expect(git(project.path, 'log', '--format=%s', 'main..feature/slugify')).toBe('Add slugify')
        expect(git(project.path, 'show', '--format=', '--name-only', 'feature/slugify').split('\n')).toEqual([
          'src/slugify.js',
          'test/slugify.test.js',
        ])
        expect(git(project.remote, 'rev-parse', 'feature/slugify')).toBe(run.git.final_commit)
        expect(readFileSync(path.join(project.path, 'src/slugify.js'), 'utf8')).toContain(".normalize('NFD')")
        const review = run.artifacts.find(({ name }) => name === 'review.md')
        expect(readFileSync(path.join(project.path, review?.storage_path ?? ''), 'utf8')).toBe(REVIEW)
        await checkSessions(project, run.id)
        await checkUsage(project, run)
        checkRepair(model)
      },
    )
  },
)

/** Each step has its transcript; `repair` goes on in the session of `implement`, under the same id. */
async function checkSessions(project: Project, runId: string): Promise<void> {
  const sessions = await withStore(project, (store) => store.listAgentSessions(runId))
  expect(sessions.map(({ name, resumed, status }) => `${name} ${resumed} ${status}`)).toEqual([
    'generate-plan false completed',
    'implement false completed',
    'repair true completed',
    'review false completed',
  ])
  expect(sessions[2]?.cli_session_id).toBe(sessions[1]?.cli_session_id)
  expect(new Set(sessions.map((session) => session.cli_session_id)).size).toBe(3)
  for (const session of sessions) {
    const file = path.join(project.path, session.session_file_path)
    expect(existsSync(file)).toBe(true)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const events = lines.map(
      (line) => JSON.parse(line) as { readonly type: string; readonly session_id?: string },
    )
    const results = events.filter(({ type }) => type === 'result')
    expect(results.map((result) => result.session_id)).toEqual([session.cli_session_id])
  }
}

/** One row for each call of the model, with the tokens that the model said and what they cost. */
async function checkUsage(project: Project, run: Awaited<ReturnType<typeof latestRun>>): Promise<void> {
  const rows = await withStore(project, (store) => store.listLlmUsage({ runId: run.id }))
  const stepOf = (id: string | null) => run.steps.find((step) => step.id === id)?.name
  expect(rows.map((row) => [stepOf(row.step_id), row.input_tokens, row.output_tokens, row.model])).toEqual(
    Object.entries(TURNS).flatMap(([step, turns]) =>
      turns.map(({ input, output }) => [step, input, output, MODEL]),
    ),
  )
  const all = Object.values(TURNS).flat()
  const input = all.reduce((sum, turn) => sum + turn.input, 0)
  const output = all.reduce((sum, turn) => sum + turn.output, 0)
  expect(run.usage).toMatchObject({
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
  })
  expect(run.usage.cost_usd).toBeCloseTo((input * PRICE.input + output * PRICE.output) / 1e6, 6)
}

/** The failing tests reach the model in the conversation that began with the implementation. */
function checkRepair(model: ScriptedModel): void {
  const repair = model.calls.find(({ rule }) => rule === 'The tests fail')
  const said = JSON.stringify(repair?.body.messages)
  expect(said).toContain('Implement this specification')
  expect(said).toContain('letters with accents lose them')
}

/** Claude Code with a home of its own, and the scripted model for the provider. */
function claudeEnvironment(project: Project, model: ScriptedModel): Record<string, string> {
  return {
    HOME: project.folder,
    CLAUDE_CONFIG_DIR: path.join(project.folder, '.claude'),
    HOLDFAST_CLAUDE_COMMAND: 'file' in installed ? installed.file : 'claude',
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_MODEL: MODEL,
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
}
