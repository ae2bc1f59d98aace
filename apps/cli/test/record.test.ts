import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensureClaude, startScriptedModel } from '@holdfast/agents/testing'
import { expect, onTestFinished, test } from 'vitest'
import { holdfast, put, repository, start } from './world.ts'

const installed = await ensureClaude()
const reason = 'skip' in installed ? installed.skip : ''

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TOKEN = 'tok-0123456789abcdef'
const WORKFLOW = `import { createWorkflow } from 'holdfast'
import { claude } from 'holdfast/agents'

export default createWorkflow({ name: 'fix' }, async (ctx) => {
  const { text, changedFiles } = await ctx.runCli('repair', claude, 'Repair src/sum.js in ' + ctx.workspacePath)
  const praise = await ctx.prompt('praise', 'praise', { variables: { what: text } })
  return { text, changedFiles, praise: praise.text }
})
`
const PROMPT = '---\nmodel: house/small\n---\nPraise this: {{ what }}\n'
const SUM = 'export const sum = (a, b) => a - b\n'
const OUTPUT = { text: 'Repaired.', changedFiles: ['notes/why.md', 'src/sum.js'], praise: 'Well done.' }

/** What an author writes; run by the vitest of a project of its own. */
const AUTHORS_TEST = `import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorkflow } from 'holdfast'
import { claude, codex } from 'holdfast/agents'
import { createTestEngine } from 'holdfast/testing'
import { expect, test } from 'vitest'
import fix from '../.agent/workflows/templates/fix.ts'

const recording = 'test/recordings/fix'
const projectFiles = { 'src/sum.js': ${JSON.stringify(SUM)} }

async function play(workflow, files = projectFiles, given = recording) {
  const engine = await createTestEngine({ workflows: [workflow], recording: given, projectFiles: files })
  const run = await engine.start(workflow, {})
  const row = await run.ended()
  return { engine, run, row }
}

test('the run goes as it went', async () => {
  const { engine, run, row } = await play(fix)
  expect(row.error).toBe(null)
  expect(row.output).toEqual(${JSON.stringify(OUTPUT)})
  expect(readFileSync(join(engine.projectPath, 'src/sum.js'), 'utf8')).toContain('a + b')
  expect(engine.unplayed()).toEqual([])
  expect(row.total_tokens).toBeGreaterThan(0)
  const types = (await run.journal()).map((event) => event.type)
  expect(types).toContain('agent.completed')
  await engine.close()
  expect(existsSync(engine.projectPath)).toBe(false)
})

const other = (name, body) => createWorkflow({ name }, body)
const cases = [
  [other('p', (ctx) => ctx.runCli('repair', claude, 'Repair nothing')), /line 1 of its prompt is "Repair nothing", recorded was "Repair src\\/sum.js in <workspace>"/],
  [other('a', (ctx) => ctx.runCli('repair', codex, 'x')), /done by codex, recorded was claude/],
  [other('m', (ctx) => ctx.runCli('review', claude, 'x')), /not in it; recorded are repair/],
  [other('s', (ctx) => ctx.prompt('praise', { text: 'Scold' }, { model: 'house/small' })), /"Praise this: Repaired."/],
  [other('l', (ctx) => ctx.prompt('praise', { text: 'x' }, { model: 'house/large' })), /asks house\\/large/],
]
test('what a step asks for otherwise is told', async () => {
  const workflows = cases.map(([workflow]) => workflow)
  const engine = await createTestEngine({ workflows, recording, projectFiles })
  for (const [workflow, message] of cases) {
    const { error } = await (await engine.start(workflow, {})).ended()
    expect(error).toMatchObject({ code: 'RECORDING_DIVERGED' })
    expect(error.message).toMatch(message)
    expect(error.message).toContain('holdfast record RUN --out test/recordings/fix')
  }
  await engine.close()
})

test('a file that is another one is told, and other words are accepted where that is asked', async () => {
  const first = await play(fix, { 'src/sum.js': 'other' })
  expect(first.row.error.message).toMatch(/src\\/sum.js is not as it was then: its content is another one/)
  await first.engine.close()
  const any = { path: recording, prompts: 'any' }
  const second = await play(other('w', (ctx) => ctx.runCli('repair', claude, 'In other words').then((r) => r.text)), projectFiles, any)
  expect(second.row.output).toBe('Repaired.')
  expect(second.engine.unplayed()).toEqual(['praise'])
  await second.engine.close()
})
`

const VITEST_CONFIG = `export default {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: { pool: 'forks', execArgv: ['--conditions=source'], testTimeout: 60000 },
}
`

/** An empty project in which somebody has installed holdfast and vitest. */
function authorsProject(recording: string): string {
  const root = repository({
    'package.json': '{"type":"module"}',
    '.agent/workflows/templates/fix.ts': WORKFLOW,
    '.agent/prompts/praise.md': PROMPT,
    'test/fix.test.ts': AUTHORS_TEST,
    'vitest.config.ts': VITEST_CONFIG,
  })
  mkdirSync(join(root, 'node_modules'))
  symlinkSync(join(ROOT, 'apps/cli'), join(root, 'node_modules/holdfast'))
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(root, 'node_modules/vitest'))
  cpSync(recording, join(root, 'test/recordings/fix'), { recursive: true })
  return root
}

test.skipIf(reason !== '')(
  `[CL30] a run of Claude Code and a prompt is recorded without secrets, and a test of a project of its own plays it${reason}`,
  { timeout: 180_000 },
  async () => {
    const model = await startScriptedModel({
      script: {
        rules: [
          {
            when: 'Repair src/sum.js',
            steps: [
              { text: 'I look.', tools: [{ read: { path: 'src/sum.js' } }] },
              {
                tools: [
                  { edit: { path: 'src/sum.js', old: 'a - b', new: 'a + b' } },
                  { write: { path: 'notes/why.md', content: `The sign was wrong. ${TOKEN}\n` } },
                ],
              },
              { text: 'Repaired.' },
            ],
          },
          { when: 'Praise this', steps: [{ text: 'Well done.' }] },
        ],
      },
    })
    onTestFinished(() => model.close())
    const root = repository({
      '.agent/workflows/templates/fix.ts': WORKFLOW,
      '.agent/prompts/praise.md': PROMPT,
      'src/sum.js': SUM,
      'holdfast.config.ts': `export default { models: { providers: { house: { baseUrl: '${model.url}/v1' } } } }\n`,
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n.claude*\n',
    })
    const env = {
      HOME: root,
      CLAUDE_CONFIG_DIR: join(root, '.claude'),
      HOLDFAST_CLAUDE_COMMAND: 'file' in installed ? installed.file : '',
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'test-key',
      ANTHROPIC_MODEL: 'claude-sonnet-4-5',
      CLAUDE_CODE_MAX_RETRIES: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      SERVICE_TOKEN: TOKEN,
    }
    const ran = await start(root, ['run', 'fix', '--json'], env).ended
    expect(ran.code, ran.stderr).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ output: OUTPUT })
    put(root, 'elsewhere/recording.json', '{"mine": true}')
    const refused = await holdfast(root, ['record', 'latest', '--out', 'elsewhere'], { env })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('holds something that is no recording')
    const recorded = await holdfast(root, ['record', 'latest', '--out', 'kept'], { env })
    expect(recorded.code, recorded.stderr).toBe(0)
    expect(recorded.stderr).toContain('1 agent step and 1 prompt')
    const text = readFileSync(recorded.stdout.trim(), 'utf8')
    expect(text).toContain('[redacted:SERVICE_TOKEN]')
    for (const secret of [TOKEN, 'test-key', root]) expect(text).not.toContain(secret)
    expect(text).toContain('I look.')

    const author = authorsProject(dirname(recorded.stdout.trim()))
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=source', vitest, 'run', '--root', author],
      {
        cwd: author,
        // No agent can be found, and no key.
        env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: author, NO_COLOR: '1' },
      },
    ).catch((error: { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`)
    })
    expect(stdout).toMatch(/Tests\s+3 passed/)
  },
)
