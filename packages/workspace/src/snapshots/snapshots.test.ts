import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  makePort,
  makeRepository,
  openTestRepository,
  temporaryFolder,
  type TestRepository,
} from '../../test/support/repository.ts'

const BEFORE = { runId: 'run-1', stepId: 'run-1.4.0', when: 'before' } as const
const AFTER = { ...BEFORE, when: 'after' } as const

async function treeOf(port: ReturnType<typeof makePort>, repository: TestRepository): Promise<string> {
  return (await port.snapshot(repository.path, AFTER))?.treeId ?? 'none'
}

const namesIn = (repository: TestRepository, tree: string): string[] =>
  repository.git('ls-tree', '-r', '--name-only', tree).split('\n')

test('[WS50] a snapshot holds the files as they are and changes nothing that a person sees', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('stashed', 's')
  repository.git('add', 'stashed')
  repository.git('stash', '--quiet')
  repository.write('staged', 'index version\n')
  repository.git('add', 'staged')
  repository.write('staged', 'file version\n')
  repository.write('dir/untracked', 'u')
  repository.write('x.log', 'ignored')
  const look = () => [
    repository.git('status', '--porcelain=v2', '--branch'),
    repository.git('stash', 'list'),
    repository.git('ls-files', '--stage'),
  ]
  const before = look()
  const snapshot = await port.snapshot(repository.path, BEFORE)
  expect(look()).toEqual(before)
  expect(snapshot?.ref).toBe('refs/holdfast/run-1/run-1.4.0-before')
  expect(repository.git('rev-parse', snapshot?.ref ?? '')).toBe(snapshot?.commit)
  expect(repository.git('rev-parse', `${snapshot?.commit}^{tree}`)).toBe(snapshot?.treeId)
  expect(namesIn(repository, snapshot?.treeId ?? '')).toEqual([
    '.gitignore',
    'a.txt',
    'dir/untracked',
    'staged',
  ])
  expect(repository.git('show', `${snapshot?.ref}:staged`)).toBe('file version')
  expect(snapshot).not.toHaveProperty('notes')
})

test('[WS50] names that no ref can have are changed, and two of them stay two', async () => {
  const port = makePort()
  const repository = makeRepository()
  const names = ['a/b', 'a b', '.x', 'x.lock', 'a..b', '-x', 'ä', '@{1}', 'plain']
  const refs = await Promise.all(
    names.map(async (stepId) => (await port.snapshot(repository.path, { ...BEFORE, stepId }))?.ref ?? ''),
  )
  expect(new Set(refs).size).toBe(names.length)
  for (const ref of refs) expect(repository.git('cat-file', '-t', ref)).toBe('commit')
  expect(refs.at(-1)).toBe('refs/holdfast/run-1/plain-before')
})

test('[WS51] the files of Holdfast itself are left out and left alone, even when somebody committed them', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('.agent/holdfast.db', 'committed')
  repository.write('.agent/workflows/templates/t.ts', 'mine')
  repository.git('add', '--all')
  repository.git('commit', '--quiet', '-m', 'with the database')
  const snapshot = await port.snapshot(repository.path, BEFORE)
  expect(namesIn(repository, snapshot?.treeId ?? '')).toEqual([
    '.agent/workflows/templates/t.ts',
    '.gitignore',
    'a.txt',
  ])
  repository.write('.agent/holdfast.db', 'newer')
  repository.write('.agent/workflows/executions/r/log', 'newer')
  repository.write('.agent/workflows/templates/t.ts', 'changed')
  await port.restore(repository.path, snapshot?.treeId ?? '')
  expect(repository.read('.agent/holdfast.db')).toBe('newer')
  expect(repository.read('.agent/workflows/executions/r/log')).toBe('newer')
  expect(repository.read('.agent/workflows/templates/t.ts')).toBe('mine')
})

test('[WS52] a restore brings files, modes, links and deletions back, and keeps the rest', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('run.sh', '#!/bin/sh\n', 0o755)
  repository.write('untracked', 'u')
  repository.write('folder/deep/file', 'f')
  repository.write('becomes-folder', 'file')
  symlinkSync('a.txt', join(repository.path, 'link'))
  repository.write('keep.log', 'ignored before')
  const snapshot = await port.snapshot(repository.path, BEFORE)

  repository.write('a.txt', 'changed')
  chmodSync(join(repository.path, 'run.sh'), 0o644)
  repository.remove('untracked')
  repository.remove('folder')
  repository.write('folder', 'now a file')
  repository.remove('becomes-folder')
  repository.write('becomes-folder/inside', 'x')
  repository.remove('link')
  repository.write('link', 'no link')
  repository.write('new/of/step', 'n')
  repository.write('new.log', 'ignored, made by the step')
  repository.write('keep.log', 'ignored, changed by the step')
  repository.git('switch', '--quiet', '-c', 'made-by-step')
  repository.git('add', 'new')
  const [branch, index] = [repository.git('branch', '--show-current'), repository.git('ls-files', '--stage')]

  for (const round of ['first', 'second']) {
    await port.restore(repository.path, snapshot?.treeId ?? '')
    expect(repository.read('a.txt'), round).toBe('one\n')
    expect(statSync(join(repository.path, 'run.sh')).mode & 0o111, round).toBe(0o111)
    expect(repository.read('untracked')).toBe('u')
    expect(repository.read('folder/deep/file')).toBe('f')
    expect(repository.read('becomes-folder')).toBe('file')
    expect(readlinkSync(join(repository.path, 'link'))).toBe('a.txt')
    expect(repository.exists('new')).toBe(false)
    expect([repository.read('new.log'), repository.read('keep.log')]).toEqual([
      'ignored, made by the step',
      'ignored, changed by the step',
    ])
    expect([repository.git('branch', '--show-current'), repository.git('ls-files', '--stage')]).toEqual([
      branch,
      index,
    ])
    expect(await treeOf(port, repository)).toBe(snapshot?.treeId)
  }
})

test('[WS52] a file of the snapshot that is ignored by now takes its place again', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('data.txt', 'kept')
  const snapshot = await port.snapshot(repository.path, BEFORE)
  repository.write('.gitignore', '*.log\ndata.txt\n')
  repository.write('data.txt', 'changed while ignored')
  await port.restore(repository.path, snapshot?.treeId ?? '')
  expect(repository.read('data.txt')).toBe('kept')
  expect(repository.read('.gitignore')).toBe('*.log\n')
})

test('[WS52] a tree that does not exist is refused', async () => {
  const repository = makeRepository()
  await expect(makePort().restore(repository.path, 'f'.repeat(40))).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})

test('[WS53] a change of equal size within the same tick of the clock is not missed', async () => {
  const port = makePort()
  const repository = makeRepository()
  const [file, index] = [join(repository.path, 'a.txt'), join(repository.path, '.git/index')]
  const tick = Math.floor(Date.now() / 1000) - 3600
  repository.git('config', 'core.trustctime', 'false')
  utimesSync(file, tick, tick)
  repository.git('update-index', '--refresh')
  // Index and file are of the same second: git itself then reads the file, and so must whoever copies the index.
  utimesSync(index, tick, tick)
  writeFileSync(file, 'ONE\n')
  utimesSync(file, tick, tick)
  expect(repository.git('show', `${await treeOf(port, repository)}:a.txt`)).toBe('ONE')
})

test('[WS53] changes of equal size between quick snapshots are not missed', async () => {
  const port = makePort()
  const repository = makeRepository()
  for (const content of ['AAA', 'BBB', 'CCC', 'DDD']) {
    repository.write('a.txt', `${content}\n`)
    // Equal in all but the second: one time for all would, on a slow machine, be older than an index between two
    // writes of one second, which nobody can tell from an unchanged file.
    const second = Math.floor(Date.now() / 1000)
    utimesSync(join(repository.path, 'a.txt'), second, second)
    expect(repository.git('show', `${await treeOf(port, repository)}:a.txt`)).toBe(content)
  }
})

test('[WS53] changes of ignore rules and of the index are seen by later snapshots', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('data.txt', 'd')
  expect(namesIn(repository, await treeOf(port, repository))).toContain('data.txt')
  repository.write('.gitignore', '*.log\ndata.txt\n')
  expect(namesIn(repository, await treeOf(port, repository))).not.toContain('data.txt')
  repository.write('.gitignore', '*.log\n')
  expect(namesIn(repository, await treeOf(port, repository))).toContain('data.txt')
  repository.write('.git/info/exclude', 'data.txt\n')
  expect(namesIn(repository, await treeOf(port, repository))).not.toContain('data.txt')
  repository.write('x.log', 'ignored')
  expect(namesIn(repository, await treeOf(port, repository))).not.toContain('x.log')
  repository.git('add', '--force', 'x.log')
  expect(namesIn(repository, await treeOf(port, repository))).toContain('x.log')
  repository.git('rm', '--quiet', '--cached', 'x.log')
  expect(namesIn(repository, await treeOf(port, repository))).not.toContain('x.log')
})

test('[WS53] two ports on one work tree, and snapshots at the same time, agree', async () => {
  const [one, two] = [makePort(), makePort()]
  const repository = makeRepository()
  const trees = await Promise.all([one, two, one, two].map((port) => treeOf(port, repository)))
  expect(new Set(trees).size).toBe(1)
  repository.write('b', '1')
  const later = await Promise.all([one, two, one, two].map((port) => treeOf(port, repository)))
  expect(new Set(later).size).toBe(1)
  expect(later[0]).not.toBe(trees[0])
  expect(readdirSync(join(repository.path, '.git/holdfast'))).toEqual(['index'])
})

test('[WS53] what a killed process left of its index is cleared away', async () => {
  const repository = makeRepository()
  repository.write('.git/holdfast/index-999999999-x', 'x')
  repository.write('.git/holdfast/index-999999999-x.lock', 'x')
  repository.write(`.git/holdfast/index-${process.pid}-y`, 'of a living one')
  await makePort().snapshot(repository.path, BEFORE)
  expect(readdirSync(join(repository.path, '.git/holdfast')).toSorted()).toEqual([
    'index',
    `index-${process.pid}-y`,
  ])
})

test('[WS53] content that git threw away in the meantime is stored again', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('untracked', 'only in snapshots')
  // Older than any index, so that nobody reads it again for that reason.
  utimesSync(join(repository.path, 'untracked'), 1_700_000_000, 1_700_000_000)
  const first = await port.snapshot(repository.path, BEFORE)
  repository.git('update-ref', '-d', first?.ref ?? '')
  repository.git('prune', '--expire=now')
  expect(() => repository.git('cat-file', '-t', first?.treeId ?? '')).toThrow()
  const second = await port.snapshot(repository.path, BEFORE)
  expect(second?.treeId).toBe(first?.treeId)
  expect(repository.git('show', `${second?.ref}:untracked`)).toBe('only in snapshots')
})

test('[WS54] a project in a folder of its repository is restored without touching its neighbours', async () => {
  const port = makePort()
  const repository = makeRepository()
  const project = join(repository.path, 'apps/site')
  repository.write('apps/site/index.html', 'old')
  repository.write('apps/other/index.html', 'old')
  const snapshot = await port.snapshot(project, BEFORE)
  repository.write('apps/site/index.html', 'new')
  repository.write('apps/site/added', 'new')
  repository.write('apps/other/index.html', 'new')
  repository.write('a.txt', 'new')
  await port.restore(project, snapshot?.treeId ?? '')
  expect([repository.read('apps/site/index.html'), repository.exists('apps/site/added')]).toEqual([
    'old',
    false,
  ])
  expect([repository.read('apps/other/index.html'), repository.read('a.txt')]).toEqual(['new', 'new'])

  repository.git('rm', '--quiet', '-r', '--cached', '--ignore-unmatch', 'apps')
  repository.remove('apps/site/index.html')
  const empty = await port.snapshot(repository.path, AFTER)
  repository.write('apps/site/index.html', 'again')
  await port.restore(project, empty?.treeId ?? '')
  expect(repository.exists('apps/site/index.html')).toBe(false)
})

test('[WS55] submodules and repositories inside are named, their work stays', async () => {
  const port = makePort()
  const [repository, library] = [makeRepository(), makeRepository()]
  repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.path, 'lib')
  makeRepository({ path: (mkdirSync(join(repository.path, 'inner')), join(repository.path, 'inner')) })
  const snapshot = await port.snapshot(repository.path, BEFORE)
  expect(snapshot?.notes).toEqual([
    'Of the repository inside, inner, only the commit is kept.',
    'Of submodules only the commits are kept, not the changes inside them.',
  ])
  repository.write('lib/a.txt', 'work inside')
  repository.write('a.txt', 'changed')
  await port.restore(repository.path, snapshot?.treeId ?? '')
  expect([repository.read('lib/a.txt'), repository.read('a.txt')]).toEqual(['work inside', 'one\n'])
  expect(repository.read('inner/a.txt')).toBe('one\n')
})

test('[WS55] a repository inside without a commit does not keep the rest from being kept', async () => {
  const port = makePort()
  const repository = makeRepository()
  makeRepository({
    path: (mkdirSync(join(repository.path, 'inner')), join(repository.path, 'inner')),
    commit: false,
  })
  repository.write('z.txt', 'kept')
  const snapshot = await port.snapshot(repository.path, BEFORE)
  expect(namesIn(repository, snapshot?.treeId ?? '')).toEqual(['.gitignore', 'a.txt', 'z.txt'])
  expect(snapshot?.notes).toEqual([expect.stringContaining('inner')])
})

test('[WS56] two trees are compared, and outside git there is none', async () => {
  const port = makePort()
  const repository = makeRepository()
  const before = await treeOf(port, repository)
  repository.remove('a.txt')
  repository.write('b.txt', '1\n2\n')
  const file = { binary: false, renamedFrom: null }
  expect(await port.changedFiles(repository.path, before, await treeOf(port, repository))).toEqual([
    { ...file, path: 'a.txt', added: 0, removed: 1 },
    { ...file, path: 'b.txt', added: 2, removed: 0 },
  ])
  await expect(port.changedFiles(repository.path, before, '--stat')).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
  expect(await port.snapshot(temporaryFolder(), BEFORE)).toBeNull()
})

test('[WS50] a repository without a commit, and one in a linked worktree', async () => {
  const port = makePort()
  const empty = makeRepository({ commit: false })
  const nothing = await port.snapshot(empty.path, BEFORE)
  empty.write('x', '1')
  const something = await port.snapshot(empty.path, AFTER)
  expect(namesIn(empty, something?.treeId ?? '')).toEqual(['x'])
  await port.restore(empty.path, nothing?.treeId ?? '')
  expect(empty.exists('x')).toBe(false)

  const repository = makeRepository()
  const path = join(temporaryFolder(), 'linked')
  repository.git('worktree', 'add', '--quiet', path)
  const linked = openTestRepository(path)
  linked.write('only-here', '1')
  const snapshot = await port.snapshot(path, BEFORE)
  expect(namesIn(repository, snapshot?.ref ?? '')).toContain('only-here')
  expect(lstatSync(join(path, '.git')).isFile()).toBe(true)
})

test('[WS48, WS57] a worktree begins with a kept tree that another run has a ref of, as it was, also without a commit', async () => {
  const port = makePort()
  for (const commit of [true, false]) {
    const repository = makeRepository({ commit })
    if (!commit) repository.write('a.txt', 'one\n')
    repository.write('untracked', 'u')
    if (commit) repository.write('a.txt', 'two\n')
    const kept = (await port.snapshot(repository.path, BEFORE))!
    expect(await port.snapshot(repository.path, AFTER, kept)).toBe(kept)
    repository.write('later', 'l')
    const adopted = await port.keepTrees({
      projectPath: repository.path,
      sourcePath: repository.path,
      runId: 'fork',
      start: kept,
      trees: [kept, { commit: '0'.repeat(40), ref: 'refs/holdfast/run-1/gone-before' }],
    })
    const head = commit ? repository.git('rev-parse', 'HEAD') : null
    expect(adopted).toEqual({
      start: 'refs/holdfast/fork/start',
      head,
      refs: new Map([[kept.ref, 'refs/holdfast/fork/run-1.4.0-before']]),
    })
    repository.git('update-ref', '-d', kept.ref)
    const prepared = await port.prepare({
      runId: 'fork',
      workspaceId: 'fork-workspace',
      projectPath: repository.path,
      kind: 'worktree',
      allowDirty: true,
      from: { commit: kept.commit, head },
    })
    const worktree = openTestRepository(prepared.path)
    expect(prepared.branch).toMatch(/^holdfast/)
    expect([worktree.read('a.txt'), worktree.exists('later')]).toEqual([commit ? 'two\n' : 'one\n', false])
    expect(worktree.git('status', '--porcelain')).toBe(commit ? ' M a.txt\n?? untracked' : '')
  }
})
