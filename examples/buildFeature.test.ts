import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createHoldfast, executionView } from '@holdfast/runtime'
import { expect, onTestFinished, test } from 'vitest'
import { answerUntilOver } from './support/answering.ts'
import { git, replaceIn, sampleProject } from './support/projects.ts'

const WISH = 'The dots have to fit in as well.'
const OBJECTION = 'No test for an empty text.'

test(
  '03-build-feature: plans again after a remark, repairs, asks about objections, and commits in a worktree',
  { timeout: 180_000 },
  async () => {
    const project = await sampleProject('build-feature', (copy) =>
      replaceIn(
        copy,
        '.agent/recordings/build-feature.json',
        /"findings": \[\]/g,
        `"findings": ["${OBJECTION}"]`,
      ),
    )
    const holdfast = await createHoldfast({
      projectPath: project.path,
      env: { ...process.env, ...project.env },
      settings: { parkAfterMs: 0 },
    })
    onTestFinished(() => holdfast.close())
    await holdfast.worker()
    const issue = 'We need truncate(text, length).'
    const { id } = await holdfast.start('build-feature', { issue, agent: 'replay' })
    const asked: string[] = []
    await answerUntilOver(holdfast, id, ({ title, body }) => {
      asked.push(`${title} ${body?.includes('dots count') ?? false}`)
      return asked.length === 1 ? { approved: false, comment: WISH } : { approved: true }
    })

    const run = await executionView(holdfast.store, id)
    expect(run).toMatchObject({
      status: 'completed',
      output: { committed: true, branch: 'feature/truncate', rounds: 2 },
      result: 'Add truncate, on feature/truncate after 2 test rounds.',
      workspace: { kind: 'worktree' },
      git: { branch: 'feature/truncate', added: expect.any(Number) },
    })
    expect(asked).toEqual([
      'Build it like this? false',
      'Build it like this? true',
      'Commit although the review objects? false',
    ])
    // The latest stands first.
    expect(
      run.approvals.map(({ name, approved, body }) => [name, approved, body?.includes(OBJECTION)]),
    ).toEqual([
      ['objections', true, true],
      ['plan', true, false],
      ['plan', false, false],
    ])
    expect(run.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(
      [
        ...['plan', 'plan', 'git.ensureBranch', 'implement', 'test', 'repair', 'test'],
        ...['git.diff', 'review', 'git.commit'],
      ].map((name) => `${name} completed`),
    )
    // The remark reaches the planner in its conversation, and so does everything up to the repair.
    const sessions = await holdfast.store.listAgentSessions(id)
    expect(sessions.map(({ name, resumed }) => `${name} ${resumed}`)).toEqual([
      'plan false',
      'plan true',
      'implement true',
      'repair true',
      'review false',
    ])
    expect(new Set(sessions.map(({ cli_session_id: session }) => session)).size).toBe(2)
    expect(run.steps[1]?.input).toMatchObject({ prompt: expect.stringContaining(WISH) })
    expect(run.steps[8]?.input).toMatchObject({
      prompt: expect.stringContaining('+export function truncate'),
    })

    expect(run.artifacts.map(({ name }) => name)).toEqual([
      'plan.md',
      'plan.md',
      'test-report-1.txt',
      'test-report-2.txt',
      'review.json',
    ])
    const review = readFileSync(path.join(project.path, run.artifacts[4]?.storage_path ?? ''), 'utf8')
    expect(JSON.parse(review)).toMatchObject({ findings: [OBJECTION] })
    // The checkout of the person is as it was.
    expect(git(project.path, 'branch', '--show-current')).toBe('main')
    expect(git(project.path, 'status', '--porcelain')).toBe('')
    expect(git(project.path, 'log', '--format=%s', 'main..feature/truncate')).toBe('Add truncate')
    expect(run.git.final_commit).toBe(git(project.path, 'rev-parse', 'feature/truncate'))
  },
)
