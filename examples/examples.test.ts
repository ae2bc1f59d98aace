import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, latestRun, start } from './support/command.ts'
import { git, helloProject, sdlcProject, type Project } from './support/projects.ts'
import { withStore } from './support/withStore.ts'

const REPLAY = {
  featureName: 'slugify',
  specPath: 'specs/slugify.md',
  planner: 'replay',
  implementer: 'replay',
}

test('01-hello: greets, sleeps, and still knows the greeting', async () => {
  const project = await helloProject()
  const ended = await holdfast(project, ['run', 'hello', '--input', '{"name":"Ada"}'])
  expect(ended).toMatchObject({ code: 0, stdout: '"Hello, Ada!"\n' })
  expect(ended.stderr).toContain('comment: After the wait the state still says: Hello, Ada!')
  const run = await latestRun(project)
  expect(run).toMatchObject({
    workflow_name: 'hello',
    status: 'completed',
    state: { greeting: 'Hello, Ada!' },
    steps: [{ name: 'compose', status: 'completed', output: 'Hello, Ada!' }],
    comments: [{ message: 'After the wait the state still says: Hello, Ada!' }],
  })
  expect(Date.parse(run.completed_at ?? '') - Date.parse(run.started_at ?? '')).toBeGreaterThanOrEqual(2000)
})

test('01-hello: a process killed in its sleep loses nothing, and resume goes on', async () => {
  const project = await helloProject()
  const running = start(project, ['run', 'hello'])
  await running.saw('waits for timer')
  running.process.kill('SIGKILL')
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL' })
  expect(await latestRun(project)).toMatchObject({ state: { greeting: 'Hello, world!' }, output: null })
  expect(await holdfast(project, ['resume', 'latest'])).toMatchObject({
    code: 0,
    stdout: '"Hello, world!"\n',
  })
  const { id, comments } = await latestRun(project)
  expect(comments).toMatchObject([{ message: 'After the wait the state still says: Hello, world!' }])
  const events = await withStore(project, (store) => store.listWorkflowEvents({ runId: id }))
  expect(events.filter(({ type }) => type === 'step.started')).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'wait.satisfied')).toHaveLength(1)
})

test('02-simple-sdlc: leaves for the approval, is approved, and publishes', async () => {
  const project = await sdlcProject()
  const asked = await run(project, REPLAY)
  expect(asked.code).toBe(3)
  const waiting = await latestRun(project)
  expect(waiting).toMatchObject({
    status: 'waiting',
    waiting_for: { reason: 'approval', detail: expect.stringContaining('Publish feature/slugify?') },
    current_step: { name: 'review' },
    approvals: [{ name: 'publish', status: 'open', title: 'Publish feature/slugify?' }],
  })
  const [, id] = /holdfast(?:\.js)? approve (\S+)/.exec(asked.stderr) ?? []
  expect(waiting.id.startsWith(id ?? 'none')).toBe(true)
  expect(asked.stderr).toMatch(new RegExp(`then: .*holdfast(\\.js)? resume ${id}`))
  expect(git(project.remote, 'branch', '--format=%(refname:short)')).toBe('main')

  expect((await holdfast(project, ['approve', id!, '--by', 'ada', '--comment', 'Good.'])).code).toBe(0)
  const resumed = await holdfast(project, ['resume', id!])
  expect(resumed.code).toBe(0)

  const document = await latestRun(project)
  expect(JSON.parse(resumed.stdout)).toEqual(document.output)
  await checkRow(project, document)
  checkGit(project, document)
  checkArtifacts(project, document)
  await checkAgents(project, document)
})

test('02-simple-sdlc: rejected, nothing is committed and nothing is pushed', async () => {
  const project = await sdlcProject()
  expect((await run(project, REPLAY)).code).toBe(3)
  expect((await holdfast(project, ['reject', 'latest', '--comment', 'Not now.'])).code).toBe(0)
  const resumed = await holdfast(project, ['resume', 'latest'])
  expect(resumed.code).toBe(0)
  expect(JSON.parse(resumed.stdout)).toEqual({
    branch: 'feature/slugify',
    published: false,
    rounds: 2,
    summary: 'Not published.',
  })
  expect(await latestRun(project)).toMatchObject({
    result: 'Not published.',
    approvals: [{ approved: false, comment: 'Not now.' }],
  })
  expect(git(project.path, 'log', '--format=%s', 'feature/slugify')).toBe('Begin')
  expect(git(project.path, 'status', '--porcelain')).toBe('?? src/slugify.js\n?? test/slugify.test.js')
  expect(git(project.remote, 'branch', '--format=%(refname:short)')).toBe('main')
})

test.each([
  [{}, 'generate-plan', 'claude'],
  [{ planner: 'replay' }, 'implement', 'codex'],
])('02-simple-sdlc: where the input names only %o, %s is done by %s', async (agents, failing, agent) => {
  const project = await sdlcProject()
  const input = { featureName: 'slugify', specPath: 'specs/slugify.md', ...agents }
  const { code, stderr } = await run(project, input, {
    HOLDFAST_CLAUDE_COMMAND: path.join(project.folder, 'none'),
    HOLDFAST_CODEX_COMMAND: path.join(project.folder, 'none'),
  })
  expect(code).toBe(1)
  expect(stderr).toContain('[AGENT_NOT_INSTALLED]')
  const document = await latestRun(project)
  expect(document.steps.at(-1)).toMatchObject({ name: failing, status: 'failed', input: { agent } })
  expect(document.comments).toHaveLength(failing === 'implement' ? 1 : 0)
})

test('02-simple-sdlc: wrong input names every field, and no run is made', async () => {
  const project = await sdlcProject()
  const { code, stderr } = await run(project, { featureName: 'Slug ify', planner: 'nobody', implementer: 1 })
  expect(code).toBe(2)
  expect(stderr).toContain('[INPUT_INVALID]')
  expect(stderr).toContain('featureName: use lower-case letters, digits and dashes')
  for (const field of ['specPath', 'planner', 'implementer']) expect(stderr).toContain(`${field}: `)
  expect((await holdfast(project, ['runs', 'list', '--json'])).stdout.trim()).toBe('[]')
})

test('02-simple-sdlc: a specification outside the project is refused', async () => {
  const project = await sdlcProject()
  const { code, stderr } = await run(project, { ...REPLAY, specPath: '../secret.md' })
  expect(code).toBe(1)
  expect(stderr).toContain('../secret.md')
  expect(await latestRun(project)).toMatchObject({
    status: 'failed',
    error: { code: 'PATH_OUTSIDE_WORKSPACE' },
  })
})

type Document = Awaited<ReturnType<typeof latestRun>>

function run(project: Project, input: unknown, env: Readonly<Record<string, string>> = {}) {
  return holdfast(project, ['run', 'simple-sdlc', '--input', JSON.stringify(input)], env)
}

/** The run, its steps in order of their start, its comments, state and usage. */
async function checkRow(project: Project, document: Document): Promise<void> {
  expect(document).toMatchObject({
    workflow_name: 'simple-sdlc',
    status: 'completed',
    input: REPLAY,
    output: {
      branch: 'feature/slugify',
      published: true,
      rounds: 2,
      pullRequest: { created: false, url: null, via: 'artifact' },
    },
    result: 'slugify is on feature/slugify after 2 test rounds.',
    error: null,
    state: { branch: 'feature/slugify' },
    waiting_for: null,
    agent_type: 'replay',
    ai_model: 'claude-sonnet-4-5',
    comments: [
      { message: 'Planned by replay', metadata: { sessionId: expect.any(String) } },
      { message: 'No pull request service here: its text is kept as an artifact.' },
    ],
    approvals: [{ approved: true, answered_by: 'ada', comment: 'Good.', status: 'answered' }],
    usage: {
      input_tokens: 1477,
      output_tokens: 1461,
      cached_read_tokens: 79_424,
      cached_write_tokens: 5913,
      total_tokens: 2938,
      cost_usd: 0.0723,
    },
    workspace: { kind: 'project', persistent: true, cleaned_up: false },
  })
  expect(document.steps.map(({ step_number: number, name }) => `${number} ${name}`)).toEqual([
    '1 load-spec',
    '2 files.read',
    '3 setup-branch',
    '4 git.ensureBranch',
    '5 generate-plan',
    '6 implement',
    '7 run-tests',
    '8 npm test',
    '9 repair',
    '10 run-tests',
    '11 npm test',
    '12 review',
    '13 create-pr',
    '14 git.commit',
    '15 git.push',
    '16 git.createPr',
  ])
  expect(new Set(document.steps.map(({ status }) => status))).toEqual(new Set(['completed']))
  const byName = (name: string) => document.steps.find((step) => step.name === name)
  expect(byName('git.commit')?.parent_step_id).toBe(byName('create-pr')?.id)
  expect(document.current_step).toEqual(document.steps.at(-1))
  expect(document.current_workflow_step_id).toBe(document.steps.at(-1)?.id)
  const logs = await withStore(project, (store) =>
    store.listExecutionLogs({ runId: document.id, sort: 'executed_at', limit: 200 }),
  )
  expect(logs.items.map(({ status, attempt_number: attempt }) => `${status} ${attempt}`)).toEqual(
    document.steps.map(() => 'SUCCESS 1'),
  )
}

/** One commit on the branch, pushed; the facts of the run are those of git. */
function checkGit(project: Project, { git: facts }: Document): void {
  const commit = git(project.path, 'rev-parse', 'feature/slugify')
  expect(git(project.path, 'log', '--format=%s', 'main..feature/slugify')).toBe('Add slugify')
  expect(git(project.path, 'status', '--porcelain')).toBe('')
  expect(git(project.remote, 'rev-parse', 'feature/slugify')).toBe(commit)
  expect(facts).toMatchObject({
    repo: project.remote,
    branch: 'feature/slugify',
    initial_commit: git(project.path, 'rev-parse', 'main'),
    final_commit: commit,
    added: 29,
    removed: 0,
    files: [
      { path: 'src/slugify.js', added: 10, removed: 0 },
      { path: 'test/slugify.test.js', added: 19, removed: 0 },
    ],
    pr_url: null,
  })
}

/** Artifacts with their types, whose files say what they should. */
function checkArtifacts(project: Project, { artifacts }: Document): void {
  expect(artifacts.map(({ name, type, storage_type: kept }) => `${name} ${type} ${kept}`)).toEqual([
    'plan.md document filesystem',
    'test-report-1.txt test_report filesystem',
    'test-report-2.txt test_report filesystem',
    'review.md document filesystem',
    'pull-request.md document filesystem',
  ])
  const [plan, first, second, review, pullRequest] = artifacts.map((artifact) => {
    const text = readFileSync(path.join(project.path, artifact.storage_path), 'utf8')
    expect(Buffer.byteLength(text)).toBe(artifact.size_bytes)
    return text
  })
  expect(plan).toContain('Add `src/slugify.js`')
  expect(first).toContain("- 'cafe-uber'")
  expect(second).toMatch(/pass 5\n.*fail 0\n/)
  expect(review).toContain('No objections.')
  expect(pullRequest).toContain('Add slugify')
  expect(pullRequest).toContain(plan)
}

/** Sessions by name and step, with transcripts; the repair goes on in the session of the implementation. */
async function checkAgents(project: Project, { id, steps }: Document): Promise<void> {
  const [sessions, usage] = await withStore(project, async (store) => [
    await store.listAgentSessions(id),
    await store.listLlmUsage({ runId: id }),
  ])
  const stepOf = (stepId: string | null) => steps.find((step) => step.id === stepId)?.name
  expect(sessions.map((session) => `${session.name} ${stepOf(session.workflow_step_id)}`)).toEqual([
    'generate-plan generate-plan',
    'implement implement',
    'repair repair',
    'review review',
  ])
  expect(sessions.map(({ resumed }) => resumed)).toEqual([false, false, true, false])
  expect(sessions[2]?.cli_session_id).toBe(sessions[1]?.cli_session_id)
  expect(new Set(sessions.map((session) => session.cli_session_id)).size).toBe(3)
  for (const session of sessions) {
    expect(session).toMatchObject({ agent: 'replay', model: 'claude-sonnet-4-5', status: 'completed' })
    expect(existsSync(path.join(project.path, session.session_file_path))).toBe(true)
  }
  expect(
    usage.map((call) => `${stepOf(call.step_id)} ${call.input_tokens} ${call.output_tokens} ${call.cost}`),
  ).toEqual([
    'generate-plan 412 96 0.011',
    'generate-plan 38 214 0.0088',
    'implement 520 341 0.0175',
    'implement 44 402 0.0127',
    'repair 61 187 0.0094',
    'review 402 221 0.0129',
  ])
  expect(usage.map((call) => call.agent_session_id)).toEqual(
    usage.map((call) => sessions.find((session) => session.workflow_step_id === call.step_id)?.id),
  )
}
