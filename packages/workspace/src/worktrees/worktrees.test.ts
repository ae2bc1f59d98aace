import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { PrepareWorkspace } from '@holdfast/workflow-sdk/ports'
import {
  makePort,
  makeRepository,
  makeRepositoryWithRemote,
  openTestRepository,
  temporaryFolder,
} from '../../test/support/repository.ts'

const ID = '1a0d5b0e-55a1-8c3f-9b7d-0123456789ab'

function request(projectPath: string, options: Partial<PrepareWorkspace> = {}): PrepareWorkspace {
  return { runId: 'run', workspaceId: ID, projectPath, kind: 'worktree', allowDirty: false, ...options }
}

test('[WS40] a dirty project is refused with the names of its files, and taken when that is allowed', async () => {
  const port = makePort()
  const repository = makeRepository()
  const project = request(repository.path, { kind: 'project' })
  const head = repository.git('rev-parse', 'HEAD')
  expect(await port.prepare(project)).toEqual({
    workspaceId: ID,
    kind: 'project',
    path: repository.path,
    branch: 'main',
    git: { repo: repository.path, branch: 'main', initialCommit: head, finalCommit: head },
    notes: [],
  })
  repository.write('.agent/holdfast.db', 'not dirty')
  repository.write('x.log', 'ignored')
  await port.prepare(project)
  for (let number = 10; number < 24; number += 1) repository.write(`new-${number}`, '')
  repository.write('a.txt', 'two')
  await expect(port.prepare(project)).rejects.toMatchObject({
    code: 'WORKSPACE_DIRTY',
    message: expect.stringMatching(/15 files: a\.txt, new-10, .*, and 5 more\. Commit or stash/),
    details: { count: 15, files: expect.arrayContaining(['a.txt', 'new-23']) },
  })
  await expect(port.check(project)).rejects.toMatchObject({ code: 'WORKSPACE_DIRTY' })
  await port.check({ ...project, kind: 'worktree' })
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
  await port.check({ ...project, allowDirty: true })
  expect((await port.prepare({ ...project, allowDirty: true })).path).toBe(repository.path)
})

test('[WS40] outside git no workspace is made, and a strange id names no folder', async () => {
  const folder = temporaryFolder()
  for (const kind of ['project', 'worktree', 'temporary'] as const) {
    await expect(makePort().prepare(request(folder, { kind }))).rejects.toMatchObject({
      code: 'NOT_A_GIT_REPOSITORY',
    })
  }
  await expect(makePort().prepare(request(folder, { workspaceId: '../x' }))).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  })
})

test('[WS41] a worktree has its own branch from HEAD, is ignored by git, and says what it leaves out', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('a.txt', 'changed')
  repository.write('new.txt', 'new')
  const made = await port.prepare(request(repository.path))
  expect(made.path).toBe(join(repository.path, '.agent/workflows/worktrees', ID))
  expect(made.branch).toBe('holdfast/0123456789ab')
  expect(made.git).toMatchObject({
    repo: repository.path,
    initialCommit: repository.git('rev-parse', 'HEAD'),
  })
  expect(made.notes).toEqual([
    'The worktree starts from HEAD and leaves out uncommitted changes in 2 files: a.txt, new.txt.',
  ])
  expect(openTestRepository(made.path).read('a.txt')).toBe('one\n')
  expect(repository.git('status', '--porcelain').split('\n').toSorted()).toEqual([' M a.txt', '?? new.txt'])
  expect(repository.git('branch', '--show-current')).toBe('main')
})

test('[WS41] a project in a folder of its repository works there, and a branch "holdfast" is no obstacle', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('apps/a site/index.html', '<p>')
  await port.git.commit(repository.path, 'site', { all: true })
  repository.git('branch', 'holdfast')
  const project = join(repository.path, 'apps/a site')
  const made = await port.prepare(request(project))
  expect(made.path).toBe(join(project, '.agent/workflows/worktrees', ID, 'apps/a site/'))
  expect(made.branch).toBe('holdfast-0123456789ab')
  expect(await port.files.list(made.path, '.')).toEqual(['index.html'])
  expect(repository.git('status', '--porcelain')).toBe('')
  await port.clean({ projectPath: project, path: made.path, kind: 'worktree' })
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
})

test('[WS41] without a commit there is nothing to start from', async () => {
  const repository = makeRepository({ commit: false })
  for (const kind of ['worktree', 'temporary'] as const) {
    await expect(makePort().prepare(request(repository.path, { kind }))).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining('no commit yet'),
    })
  }
  const project = await makePort().prepare(request(repository.path, { kind: 'project' }))
  expect(project.git).toMatchObject({ initialCommit: null, finalCommit: null, branch: 'main' })
})

test('[WS41] no worktree is made through a link out of the project', async () => {
  const repository = makeRepository()
  const outside = temporaryFolder()
  mkdirSync(join(repository.path, '.agent/workflows'), { recursive: true })
  symlinkSync(outside, join(repository.path, '.agent/workflows/worktrees'))
  await expect(makePort().prepare(request(repository.path))).rejects.toMatchObject({
    code: 'PATH_OUTSIDE_WORKSPACE',
  })
  expect(readdirSync(outside)).toEqual([])
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
})

test('[WS42] a clone pushes where the project pushes, and knows the committer', async () => {
  const port = makePort()
  const { repository, remote } = makeRepositoryWithRemote()
  repository.git('config', 'user.name', 'Ada')
  repository.git('config', 'user.email', 'ada@example.com')
  repository.write('left-out.txt', 'x')
  const made = await port.prepare(request(repository.path, { kind: 'temporary' }))
  expect(basename(made.path)).toBe(`holdfast-${ID}`)
  expect(made.notes).toEqual([expect.stringContaining('1 file: left-out.txt')])
  const clone = openTestRepository(made.path)
  clone.write('b', '1')
  await port.git.commit(made.path, 'work', { all: true })
  await port.git.push(made.path, { remote: 'origin' })
  expect(remote.git('log', '-1', '--format=%an', 'holdfast/0123456789ab')).toBe('Ada')
  expect(repository.git('branch', '--list')).toBe('* main')
})

test('[WS42] without a remote the project itself is where a clone pushes', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.git('checkout', '--quiet', '--detach')
  const made = await port.prepare(request(repository.path, { kind: 'temporary' }))
  expect(made.notes).toEqual([expect.stringContaining('goes to the project itself')])
  expect(made.git.repo).toBe(repository.path)
  await port.git.push(made.path, { remote: 'origin' })
  expect(repository.git('branch', '--list')).toContain('holdfast/0123456789ab')
})

test.each(['worktree', 'temporary'] as const)(
  '[WS43] a %s is the same when it is prepared again',
  async (kind) => {
    const port = makePort()
    const repository = makeRepository()
    const first = await port.prepare(request(repository.path, { kind }))
    openTestRepository(first.path).write('b', '1')
    const { hash } = await port.git.commit(first.path, 'work', { all: true })
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'meanwhile')
    const again = await port.prepare(request(repository.path, { kind }))
    expect(again).toEqual({ ...first, git: { ...first.git, finalCommit: hash } })
  },
)

test('[WS43] what a crash left half made is made anew', async () => {
  const port = makePort()
  const repository = makeRepository()
  const made = await port.prepare(request(repository.path))
  const gitDir = openTestRepository(made.path).git('rev-parse', '--absolute-git-dir')
  // Killed before the last files were written, and before the mark.
  rmSync(join(gitDir, 'holdfast-ready.json'))
  rmSync(join(made.path, 'a.txt'))
  writeFileSync(join(gitDir, 'locked'), 'initializing')
  expect(await port.prepare(request(repository.path))).toEqual(made)
  expect(existsSync(join(made.path, 'a.txt'))).toBe(true)
  // Killed when only the folder and the branch were there.
  rmSync(made.path, { recursive: true })
  mkdirSync(made.path)
  expect(await port.prepare(request(repository.path))).toEqual(made)
  // The record of a mark that is cut in the middle.
  writeFileSync(
    join(openTestRepository(made.path).git('rev-parse', '--absolute-git-dir'), 'holdfast-ready.json'),
    '{"init',
  )
  expect(await port.prepare(request(repository.path))).toEqual(made)

  const clone = await port.prepare(request(repository.path, { kind: 'temporary' }))
  rmSync(clone.path, { recursive: true })
  mkdirSync(`${clone.path}.partial/.git`, { recursive: true })
  expect(await port.prepare(request(repository.path, { kind: 'temporary' }))).toEqual(clone)
})

test('[WS44] several worktrees are made at the same time, also by several processes', async () => {
  const repository = makeRepository()
  const ids = Array.from({ length: 4 }, (_, number) => `workspace-${number}`)
  const [one, two] = [makePort(), makePort()]
  const here = ids.map((workspaceId, number) =>
    (number % 2 ? one : two).prepare(request(repository.path, { workspaceId })),
  )
  const script = `
    import { createWorkspacePort } from '@holdfast/workspace'
    const port = createWorkspacePort()
    await Promise.all(['x-1', 'x-2'].map((id) => port.prepare({ ...${JSON.stringify(request(repository.path))}, workspaceId: id })))`
  execFileSync(process.execPath, ['--conditions=source', '--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: 'pipe',
  })
  const made = await Promise.all(here)
  expect(new Set(made.map((workspace) => workspace.branch)).size).toBe(4)
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(7)
  const excluded = repository.read('.git/info/exclude').split('\n')
  expect(excluded.filter((line) => line === '/.agent/workflows/worktrees/')).toHaveLength(1)
})

test('[WS45] a workspace that is gone is lost, one that is there opens', async () => {
  const port = makePort()
  const repository = makeRepository()
  const made = { ...(await port.prepare(request(repository.path))), kept: null }
  await port.open(made)
  await port.open({ path: repository.path, kind: 'project', branch: 'main', kept: null })
  writeFileSync(join(made.path, '.git'), 'gitdir: /nowhere\n')
  await expect(port.open(made)).rejects.toMatchObject({
    code: 'WORKSPACE_LOST',
    message: expect.stringContaining(made.path),
  })
  rmSync(made.path, { recursive: true })
  await expect(port.open(made)).rejects.toMatchObject({ code: 'WORKSPACE_LOST' })
})

test('[WS45] whether it is still the same is seen without git, and the commands that are told bring it back', async () => {
  const port = makePort()
  const repository = makeRepository()
  const prepared = await port.prepare(request(repository.path))
  const worktree = openTestRepository(prepared.path)
  worktree.git('switch', '-q', '-c', 'feature')
  worktree.write('staged.txt', 'staged')
  worktree.git('add', 'staged.txt')
  worktree.write('loose.txt', 'loose')
  const snapshot = await port.snapshot(prepared.path, { runId: 'run', stepId: 's', when: 'before' })
  const made = { ...prepared, kept: { when: 'before' as const, ref: snapshot!.ref, step: 'build' } }
  port.confirm(made)
  const lost = (): string => {
    try {
      port.confirm(made)
    } catch (error) {
      expect(error).toMatchObject({ code: 'WORKSPACE_LOST', details: { path: made.path, kind: 'worktree' } })
      return (error as Error).message
    }
    throw new Error('it is not lost')
  }
  const bringBack = (): void => {
    const command = /with: (.+)$/.exec(lost())?.[1]
    execFileSync('sh', ['-c', command!], { stdio: 'pipe' })
  }

  rmSync(join(made.path, '.git'))
  expect(lost()).toMatch(/no longer a work tree of its own\. Its files are still there\./)
  bringBack()
  port.confirm(made)
  expect([worktree.git('branch', '--show-current'), worktree.read('loose.txt')]).toEqual(['feature', 'loose'])

  rmSync(made.path, { recursive: true })
  expect(lost()).toMatch(/the folder does not exist\. Git still has .* before step "build"; the rest is gone/)
  bringBack()
  port.confirm(made)
  expect([
    worktree.git('branch', '--show-current'),
    worktree.read('loose.txt'),
    worktree.read('staged.txt'),
  ]).toEqual(['feature', 'loose', 'staged'])
  expect(worktree.git('status', '--short')).toContain('A  staged.txt')

  repository.git('worktree', 'remove', '--force', made.path)
  mkdirSync(made.path)
  expect(lost()).toMatch(/no longer a work tree of its own/)
})

test('[WS45] a project or clone that is gone says what can be done', async () => {
  const port = makePort()
  const repository = makeRepository()
  const clone = { ...(await port.prepare(request(repository.path, { kind: 'temporary' }))), kept: null }
  port.confirm(clone)
  rmSync(clone.path, { recursive: true })
  expect(() => port.confirm(clone)).toThrow(/does not exist\. What was not pushed from it is gone\./)
  const project = { path: repository.path, kind: 'project', branch: 'main', kept: null } as const
  rmSync(join(project.path, '.git'), { recursive: true })
  expect(() => port.confirm(project)).toThrow(/no longer part of a git repository\. Bring the project back/)
  rmSync(project.path, { recursive: true })
  writeFileSync(project.path, '')
  expect(() => port.confirm(project)).toThrow(/no folder any more/)
})

test('[WS45] what is gone does not come back by a write into it', async () => {
  const port = makePort()
  const repository = makeRepository()
  const { path } = await port.prepare(request(repository.path))
  rmSync(path, { recursive: true })
  await expect(port.files.write(path, 'new/file.txt', 'x')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  expect(existsSync(path)).toBe(false)
})

test('[WS46] cleaning keeps a branch with commits and drops one without', async () => {
  const port = makePort()
  const repository = makeRepository()
  const [used, unused] = [
    await port.prepare(request(repository.path, { workspaceId: 'used' })),
    await port.prepare(request(repository.path, { workspaceId: 'unused' })),
  ]
  openTestRepository(used.path).write('b', '1')
  await port.git.commit(used.path, 'work', { all: true })
  openTestRepository(used.path).write('uncommitted', '1')
  for (const workspace of [used, unused, used, unused]) {
    await port.clean({ projectPath: repository.path, path: workspace.path, kind: 'worktree' })
  }
  expect(repository.git('branch', '--list', '--format=%(refname:short)').split('\n')).toEqual([
    'holdfast/used',
    'main',
  ])
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
  expect(existsSync(used.path)).toBe(false)
})

test('[WS46] a project and folders of others are never removed', async () => {
  const port = makePort()
  const repository = makeRepository()
  await port.clean({ projectPath: repository.path, path: repository.path, kind: 'project' })
  const clone = await port.prepare(request(repository.path, { kind: 'temporary' }))
  const others = join(dirname(clone.path), 'others')
  mkdirSync(others)
  for (const [path, kind] of [
    [repository.path, 'worktree'],
    [repository.path, 'temporary'],
    [others, 'temporary'],
    [dirname(clone.path), 'temporary'],
    [join(repository.path, '.agent/workflows/worktrees'), 'worktree'],
    [join(repository.path, '.agent/workflows/worktrees/x/../../..'), 'worktree'],
  ] as const) {
    await expect(port.clean({ projectPath: repository.path, path, kind }), path).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_WORKSPACE',
    })
  }
  await port.clean({ projectPath: repository.path, path: clone.path, kind: 'temporary' })
  expect([existsSync(clone.path), existsSync(others), repository.exists('a.txt')]).toEqual([
    false,
    true,
    true,
  ])
})
