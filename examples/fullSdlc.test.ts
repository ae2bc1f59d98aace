import { expect, test } from 'vitest'
import { holdfast, latestRun, start } from './support/command.ts'
import { git, sampleProject, type Project } from './support/projects.ts'
import { withStore } from './support/withStore.ts'

const INPUT = JSON.stringify({ issuePath: 'issues/text-helpers.md', lead: 'replay', builder: 'replay' })

test(
  '04-full-sdlc: builds in parallel worktrees, is killed in the middle of a conflict, merges, fixes what the review finds, and publishes',
  { timeout: 180_000 },
  async () => {
    const project = await sampleProject('full-sdlc')
    expect((await holdfast(project, ['run', 'full-sdlc', '--input', INPUT])).code).toBe(3)
    const { id } = await latestRun(project)
    expect((await holdfast(project, ['approve', id])).code).toBe(0)

    const killed = start(project, ['resume', id])
    await killed.saw('step resolve-conflict started')
    killed.process.kill('SIGKILL')
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' })

    const asked = await holdfast(project, ['resume', id])
    expect(asked.code, asked.stderr).toBe(3)
    expect((await holdfast(project, ['approve', id])).code).toBe(0)
    const ended = await holdfast(project, ['resume', id])
    expect(ended.code, ended.stderr).toBe(0)

    const run = await latestRoot(project, id)
    expect(run).toMatchObject({
      status: 'completed',
      result: 'Add initials and truncate: 2 parts on feature/text-helpers, ready after 2 reviews.',
      output: { published: true, rounds: 2, pullRequest: { created: false, via: 'artifact' } },
      workspace: { kind: 'worktree' },
      usage: { total_tokens: 3849, cost_usd: 0.0463 },
    })
    expect(run.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(
      [
        ...['files.read', 'git.getCurrentCommit', 'plan', 'git.ensureBranch'],
        ...['map', 'build-part', 'build-part', 'git.merge', 'git.merge', 'resolve-conflict', 'git.commit'],
        ...['test', 'git.diff', 'review', 'fix', 'git.commit', 'test', 'git.diff', 'review'],
        ...['git.diff', 'git.createPr'],
      ].map((name) => `${name} completed`),
    )
    const merges = run.steps.filter(({ name }) => name === 'git.merge').map(({ output }) => output)
    expect(merges).toMatchObject([
      { merged: true, conflicts: [] },
      { merged: false, conflicts: ['src/index.js'] },
    ])
    await checkParts(project, id)
    await checkConflict(project, id)
    checkGit(project)
  },
)

type Document = Awaited<ReturnType<typeof latestRun>>

/** The run itself: the latest ones are its children. */
async function latestRoot(project: Project, id: string): Promise<Document> {
  return JSON.parse((await holdfast(project, ['runs', 'show', id, '--json'])).stdout) as Document
}

/** Each part is one child, in a worktree and on a branch of its own; one had to repair its code. */
async function checkParts(project: Project, id: string): Promise<void> {
  await withStore(project, async (store) => {
    const { items } = await store.listWorkflowRuns({ limit: 10 })
    const parts = items.filter((row) => row.parent_run_id === id)
    expect(items).toHaveLength(3)
    const steps = async (name: string) => {
      const part = parts.find(({ input }) => (input as { readonly name: string }).name === name)
      return (await store.listWorkflowSteps(part?.id ?? '')).map((step) => step.name)
    }
    expect(await steps('initials')).toEqual(['implement', 'test', 'git.commit'])
    expect(await steps('truncate')).toEqual(['implement', 'test', 'repair', 'test', 'git.commit'])
    expect(new Set(parts.map((row) => row.workspace_path)).size).toBe(2)
    expect(new Set(parts.map((row) => row.git_branch)).size).toBe(2)
  })
}

/** The agent that resolved the conflict was killed with its worker; what it had begun is told as failed. */
async function checkConflict(project: Project, id: string): Promise<void> {
  const sessions = await withStore(project, (store) => store.listAgentSessions(id))
  const resolving = sessions.filter(({ name }) => name === 'resolve-conflict')
  // How far the agent had come when it was killed differs.
  expect(resolving.at(-1)?.status).toBe('completed')
  expect(resolving.slice(0, -1).every(({ status }) => status === 'failed')).toBe(true)
}

/** Both commits are merged once each, the checkout of the person is as it was, and the branch is at the remote. */
function checkGit(project: Project): void {
  const branch = 'feature/text-helpers'
  expect(git(project.path, 'log', '--first-parent', '--format=%s', branch).split('\n')).toEqual([
    'Do what review 1 asks for',
    'Merge truncate',
    'Merge initials',
    'Begin',
  ])
  expect(git(project.path, 'rev-list', '--count', `main..${branch}`)).toBe('5')
  expect(git(project.path, 'show', `${branch}:src/index.js`).split('\n')).toEqual([
    "export { initials } from './initials.js'",
    "export { titleCase } from './titleCase.js'",
    "export { truncate } from './truncate.js'",
  ])
  expect(git(project.remote, 'rev-parse', branch)).toBe(git(project.path, 'rev-parse', branch))
  expect(git(project.path, 'branch', '--show-current')).toBe('main')
  expect(git(project.path, 'status', '--porcelain')).toBe('')
}
