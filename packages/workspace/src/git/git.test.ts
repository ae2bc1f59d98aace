import { expect, test } from 'vitest'
import { isAlive } from '@holdfast/workspace'
import { join } from 'node:path'
import { startServer } from '../../test/support/server.ts'
import { eventually, makeMarker } from '../../test/support/processes.ts'
import {
  bareEnvironment,
  makePort,
  makeRepository,
  makeRepositoryWithRemote,
  openTestRepository,
  temporaryFolder,
} from '../../test/support/repository.ts'

const scopeOf = (marker = makeMarker(), signal = new AbortController().signal) => ({ marker, signal })

test('[WS20] a folder outside git, a bare repository and a missing git are told apart', async () => {
  const { git } = makePort()
  const bare = openTestRepository(temporaryFolder())
  bare.git('init', '--quiet', '--bare')
  for (const path of [temporaryFolder(), bare.path]) {
    await expect(git.status(path)).rejects.toMatchObject({
      code: 'NOT_A_GIT_REPOSITORY',
      message: expect.stringContaining(path),
    })
  }
  const without = makePort({ PATH: temporaryFolder() })
  await expect(without.git.status(bare.path)).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' })
})

test('[WS20] variables of a git hook around us lead nowhere else', async () => {
  const [here, elsewhere] = [makeRepository(), makeRepository()]
  elsewhere.write('dirty.txt', 'x')
  const misleading = {
    GIT_DIR: join(elsewhere.path, '.git'),
    GIT_WORK_TREE: elsewhere.path,
    GIT_LITERAL_PATHSPECS: '1',
  }
  const { git } = makePort({ ...bareEnvironment(), ...misleading })
  expect((await git.status(here.path)).clean).toBe(true)
  here.write('b.txt', 'b')
  expect((await git.commit(here.path, 'second', { all: true })).committed).toBe(true)
  expect(elsewhere.git('log', '--oneline')).not.toContain('second')
})

test('[WS20] a remote that asks for a password fails instead of waiting for one', async () => {
  const repository = makeRepository()
  const asking = await startServer((_request, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end()
  })
  repository.git('remote', 'add', 'origin', `${asking.url.replace('//', '//someone:secret@')}/none.git`)
  const pushing = makePort().git.push(repository.path, { remote: 'origin' })
  await expect(pushing).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('credential helper'),
  })
  await expect(pushing).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
})

test('[WS22] a branch is made, found again, and made from a revision', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  const first = await git.getCurrentCommit(repository.path)
  repository.write('a.txt', 'two\n')
  await git.commit(repository.path, 'second', { all: true })
  expect(await git.ensureBranch(repository.path, 'feature/x')).toEqual({ name: 'feature/x', created: true })
  expect(await git.ensureBranch(repository.path, 'feature/x')).toEqual({ name: 'feature/x', created: false })
  expect(await git.getCurrentBranch(repository.path)).toBe('feature/x')
  expect(await git.ensureBranch(repository.path, 'old', 'main~1')).toEqual({ name: 'old', created: true })
  expect(await git.getCurrentCommit(repository.path)).toBe(first)
  expect(await git.ensureBranch(repository.path, 'main')).toEqual({ name: 'main', created: false })
  expect(repository.read('a.txt')).toBe('two\n')
})

test('[WS22] before the first commit, and with a detached HEAD', async () => {
  const { git } = makePort()
  const empty = makeRepository({ commit: false })
  expect(await git.getCurrentBranch(empty.path)).toBe('main')
  await expect(git.getCurrentCommit(empty.path)).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('no commit yet'),
  })
  expect(await git.ensureBranch(empty.path, 'main')).toEqual({ name: 'main', created: false })
  expect(await git.ensureBranch(empty.path, 'start')).toEqual({ name: 'start', created: true })
  empty.write('x', 'x')
  expect((await git.commit(empty.path, 'first', { all: true })).hash).toBe(empty.git('rev-parse', 'start'))

  const repository = makeRepository()
  repository.git('checkout', '--quiet', '--detach')
  expect(await git.getCurrentBranch(repository.path)).toBe('HEAD')
  expect((await git.status(repository.path)).branch).toBeNull()
  expect(await git.ensureBranch(repository.path, 'back')).toEqual({ name: 'back', created: true })
})

test.each(['', '-x', '--orphan', 'a b', 'a..b', 'x.lock', 'HEAD', '@{-1}', 'a~1', 'x/', 'a\0b', 'a:b'])(
  '[WS22] %j is no branch name',
  async (name) => {
    const repository = makeRepository()
    await expect(makePort().git.ensureBranch(repository.path, name)).rejects.toThrow()
    expect(repository.git('branch', '--list')).toBe('* main')
  },
)

test('[WS22] a start that looks like an option, or does not exist, is refused', async () => {
  const repository = makeRepository()
  for (const from of ['--all', 'nowhere']) {
    await expect(makePort().git.ensureBranch(repository.path, 'x', from)).rejects.toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining(JSON.stringify(from)),
    })
  }
  expect(repository.git('branch', '--list')).toBe('* main')
})

test('[WS22] a switch that would lose changes fails and leaves no new branch behind', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.write('a.txt', 'two\n')
  await git.commit(repository.path, 'second', { all: true })
  repository.write('a.txt', 'mine\n')
  await expect(git.ensureBranch(repository.path, 'old', 'main~1')).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('a.txt'),
  })
  expect(repository.git('branch', '--list')).toBe('* main')
  expect(repository.read('a.txt')).toBe('mine\n')
})

test('[WS23] all is staged and committed, nothing to commit is a value', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.remove('a.txt')
  repository.write('-n --all', 'a name like an option\n')
  repository.write('x.log', 'ignored')
  const made = await git.commit(repository.path, '# no comment\n\nbody', { all: true })
  expect(made).toEqual({ committed: true, hash: repository.git('rev-parse', 'HEAD') })
  expect(repository.git('show', '--name-status', '--format=%B')).toBe(
    '# no comment\n\nbody\n\n\nA\t-n --all\nD\ta.txt',
  )
  expect(await git.commit(repository.path, 'again', { all: true })).toEqual({ committed: false, hash: null })
  await expect(git.commit(repository.path, '  \n', { all: true })).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})

test('[WS23] without all only what was staged is committed', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.write('staged', '1')
  await git.stageAll(repository.path)
  repository.write('later', '2')
  expect((await git.commit(repository.path, 'part', { all: false })).committed).toBe(true)
  expect((await git.status(repository.path)).files).toEqual([{ path: 'later', status: 'untracked' }])
  expect(await git.commit(repository.path, 'none', { all: false })).toEqual({ committed: false, hash: null })
})

test('[WS23] somebody without a name can commit; a configured name stays', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.write('b', '1')
  await git.commit(repository.path, 'nameless', { all: true })
  expect(repository.git('log', '-1', '--format=%an <%ae>')).toBe('Holdfast <holdfast@localhost>')
  repository.git('config', 'user.name', 'Ada')
  repository.git('config', 'user.email', 'ada@example.com')
  repository.write('b', '2')
  await git.commit(repository.path, 'named', { all: true })
  expect(repository.git('log', '-1', '--format=%an <%ae>')).toBe('Ada <ada@example.com>')
})

test('[WS23] a hook that refuses shows what it printed', async () => {
  const repository = makeRepository()
  repository.write('.git/hooks/pre-commit', '#!/bin/sh\necho "lint: 3 problems" >&2\nexit 1\n', 0o755)
  repository.write('b', '1')
  await expect(makePort().git.commit(repository.path, 'refused', { all: true })).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('lint: 3 problems'),
    details: { command: 'commit', exitCode: 1 },
  })
})

test('[WS23] a merge is finished even when it changes nothing', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.git('switch', '--quiet', '-c', 'side')
  repository.git('commit', '--quiet', '--allow-empty', '-m', 'empty')
  repository.git('switch', '--quiet', 'main')
  repository.git('merge', '--quiet', '--no-ff', '--no-commit', 'side')
  expect((await git.commit(repository.path, 'merge', { all: true })).committed).toBe(true)
  expect(repository.git('log', '-1', '--format=%P').split(' ')).toHaveLength(2)
})

test('[WS23] the files of Holdfast itself are never staged, wherever the project lies in the repository', async () => {
  const repository = makeRepository()
  for (const project of ['', 'apps/site/']) {
    repository.write(`${project}.agent/holdfast.db`, 'x')
    repository.write(`${project}.agent/holdfast.db-wal`, 'x')
    repository.write(`${project}.agent/workflows/executions/r/metadata.json`, 'x')
    repository.write(`${project}.agent/workflows/.cache/h.mjs`, 'x')
    repository.write(`${project}.agent/workflows/templates/t.ts`, 'x')
  }
  const { git } = makePort()
  const templates = ['.agent/workflows/templates/t.ts', 'apps/site/.agent/workflows/templates/t.ts']
  expect((await git.status(repository.path)).files.map((file) => file.path)).toEqual(templates)
  await git.commit(repository.path, 'templates', { all: true })
  expect(repository.git('show', '--name-only', '--format=').split('\n')).toEqual(templates)
  expect((await git.status(repository.path)).clean).toBe(true)
})

test('[WS24] a branch and a commit of the same step are answered as made, those of others are not', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  const [step, other] = [scopeOf(), scopeOf()]
  expect(await git.ensureBranch(repository.path, 'topic', undefined, step)).toEqual({
    name: 'topic',
    created: true,
  })
  repository.write('b', '1')
  const made = await git.commit(repository.path, 'work', { all: true }, step)
  expect(made.committed).toBe(true)
  expect(await git.ensureBranch(repository.path, 'topic', undefined, step)).toEqual({
    name: 'topic',
    created: true,
  })
  expect(await git.commit(repository.path, 'work', { all: true }, step)).toEqual(made)
  expect(await git.ensureBranch(repository.path, 'topic', undefined, other)).toEqual({
    name: 'topic',
    created: false,
  })
  expect(await git.commit(repository.path, 'work', { all: true }, other)).toEqual({
    committed: false,
    hash: null,
  })
  expect(repository.git('rev-list', '--count', 'main..topic')).toBe('1')
})

test('[WS25] every kind of change is told, with names of every kind', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  for (const name of ['gone', 'moved', 'staged-gone'])
    repository.write(name, `${name} with some content\n`.repeat(5))
  await git.commit(repository.path, 'more', { all: true })
  repository.write('a.txt', 'two\n')
  repository.remove('gone')
  repository.git('rm', '--quiet', 'staged-gone')
  repository.git('mv', 'moved', 'moved to é "quoted"')
  repository.write('added', 'x')
  repository.git('add', 'added')
  repository.write(' space\tand\nline', 'x')
  expect((await git.status(repository.path)).files.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    { path: ' space\tand\nline', status: 'untracked' },
    { path: 'a.txt', status: 'modified' },
    { path: 'added', status: 'added' },
    { path: 'gone', status: 'deleted' },
    { path: 'moved to é "quoted"', status: 'renamed' },
    { path: 'staged-gone', status: 'deleted' },
  ])
})

test('[WS25] a conflict is told', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  await git.ensureBranch(repository.path, 'side')
  repository.write('a.txt', 'side\n')
  await git.commit(repository.path, 'side', { all: true })
  await git.ensureBranch(repository.path, 'main')
  repository.write('a.txt', 'main\n')
  await git.commit(repository.path, 'main', { all: true })
  expect(() => repository.git('merge', 'side')).toThrow()
  expect((await git.status(repository.path)).files).toEqual([{ path: 'a.txt', status: 'conflicted' }])
})

test('[WS26] a push arrives, may be repeated, and never forces', async () => {
  const { git } = makePort()
  const { repository, remote } = makeRepositoryWithRemote()
  await git.ensureBranch(repository.path, 'topic')
  repository.write('b', '1')
  const { hash } = await git.commit(repository.path, 'work', { all: true })
  const pushed = { pushed: true, remote: 'origin', branch: 'topic' }
  expect(await git.push(repository.path, { remote: 'origin' })).toEqual(pushed)
  expect(await git.push(repository.path, { remote: 'origin', branch: 'topic' })).toEqual(pushed)
  expect(remote.git('rev-parse', 'topic')).toBe(hash)

  // Somebody goes on from what was pushed; the step that pushed it is carried out again.
  const other = openTestRepository(temporaryFolder())
  other.git('clone', '--quiet', '--branch=topic', remote.path, '.')
  other.git('commit', '--quiet', '--allow-empty', '-m', 'more')
  other.git('push', '--quiet', 'origin', 'topic')
  expect(await git.push(repository.path, { remote: 'origin' })).toEqual(pushed)
  remote.git('update-ref', 'refs/heads/topic', hash!)

  repository.git('commit', '--quiet', '--amend', '-m', 'other')
  await expect(git.push(repository.path, { remote: 'origin' })).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('fetch and merge'),
  })
  expect(remote.git('rev-parse', 'topic')).toBe(hash)
})

test('[WS26] a remote that is unknown or looks like an option, and a detached HEAD, are explained', async () => {
  const { git } = makePort()
  const { repository } = makeRepositoryWithRemote()
  for (const remote of ['upstream', '--mirror']) {
    await expect(git.push(repository.path, { remote })).rejects.toMatchObject({
      message: expect.stringContaining('it has origin'),
    })
  }
  repository.git('checkout', '--quiet', '--detach')
  await expect(git.push(repository.path, { remote: 'origin' })).rejects.toMatchObject({
    message: expect.stringContaining('detached'),
  })
})

test('[WS30] the difference of the files as they are, and of revisions', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  repository.write('a.txt', 'one\ntwo\n')
  repository.write('new.txt', 'new\n')
  repository.write('x.log', 'ignored\n')
  const open = await git.diff(repository.path, {})
  expect(open).toMatchObject({ added: 2, removed: 0, files: 2 })
  expect(open.patch).toContain('+++ b/new.txt')
  expect(open.patch).not.toContain('x.log')
  await git.commit(repository.path, 'second', { all: true })
  expect(await git.diff(repository.path, {})).toEqual({ patch: '', added: 0, removed: 0, files: 0 })
  expect(await git.diff(repository.path, { from: 'HEAD~1', to: 'HEAD' })).toEqual(open)
  await expect(git.diff(repository.path, { from: '--output=x' })).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
  expect(repository.exists('x')).toBe(false)

  const empty = makeRepository({ commit: false })
  empty.write('x', '1\n')
  expect(await git.diff(empty.path, {})).toMatchObject({ added: 1, files: 1 })
})

test('[WS31] a call of a step carries its marker and ends with its signal, hooks included', async () => {
  const repository = makeRepository()
  const hook = '#!/bin/sh\ntrap "" TERM\necho "$$ $HOLDFAST_STEP_ID" > hook.log\nwhile :; do sleep 1; done\n'
  repository.write('.git/hooks/pre-commit', hook, 0o755)
  repository.write('b', '1')
  const controller = new AbortController()
  const scope = scopeOf(makeMarker(), controller.signal)
  const running = makePort().git.commit(repository.path, 'never', { all: true }, scope)
  const outcome = expect(running).rejects.toBe('stop')
  await eventually(
    'the hook runs',
    () => repository.exists('hook.log') && repository.read('hook.log').endsWith('\n'),
  )
  const [pid, stepId] = repository.read('hook.log').trim().split(' ')
  expect(stepId).toBe(scope.marker.stepId)
  controller.abort('stop')
  await outcome
  expect(isAlive({ pid: Number(pid), startTime: null })).toBe(false)
  expect(repository.git('rev-list', '--count', 'HEAD')).toBe('1')
})
