import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, closeSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeMarker, startScript } from '../../test/support/processes.ts'
import {
  makePort,
  makeRepository,
  temporaryFolder,
  type TestRepository,
} from '../../test/support/repository.ts'
import { lockOf, removeStaleLock } from './locks.ts'

/** A lock as a git that was killed a minute ago leaves it. */
function oldLock(repository: TestRepository, name = '.git/index.lock'): string {
  const lock = join(repository.path, name)
  repository.write(name, '')
  const aMinuteAgo = Date.now() / 1000 - 60
  utimesSync(lock, aMinuteAgo, aMinuteAgo)
  return lock
}

test('[WS21] the lock of a killed git is removed, and the commit is made', async () => {
  const repository = makeRepository()
  const locks = [
    oldLock(repository),
    oldLock(repository, '.git/HEAD.lock'),
    oldLock(repository, '.git/refs/heads/main.lock'),
  ]
  repository.write('b', '1')
  expect((await makePort().git.commit(repository.path, 'work', { all: true })).committed).toBe(true)
  expect(locks.map((lock) => existsSync(lock))).toEqual([false, false, false])
})

test('[WS21] a young lock is waited for until its owner gives it back', async () => {
  const repository = makeRepository()
  repository.write('.git/index.lock', '')
  repository.write('b', '1')
  // Processes: rev-parse, an add that meets the lock, and the add that follows it.
  let started = 0
  const onProcess = (): void => {
    started += 1
    if (started === 3) repository.remove('.git/index.lock')
  }
  const scope = { marker: makeMarker(), signal: new AbortController().signal, onProcess }
  await makePort().git.stageAll(repository.path, scope)
  expect(started).toBeGreaterThanOrEqual(3)
  expect(repository.git('diff', '--cached', '--name-only')).toBe('b')
})

test('[WS21] a lock stays while a living git works there, in this work tree or a linked one', async () => {
  const repository = makeRepository()
  const linked = join(temporaryFolder(), 'linked')
  repository.git('worktree', 'add', '--quiet', linked)
  for (const cwd of [repository.path, linked]) {
    const lock = oldLock(repository)
    // `git hash-object --stdin` waits for its input.
    const git = spawn('git', ['hash-object', '--stdin'], { cwd, stdio: ['pipe', 'ignore', 'ignore'] })
    await once(git, 'spawn')
    expect(await removeStaleLock(lock)).toBe(false)
    git.stdin.end()
    await once(git, 'exit')
    expect(await removeStaleLock(lock)).toBe(true)
  }
})

test('[WS21] a lock stays while any process has it open', async () => {
  const repository = makeRepository()
  const lock = oldLock(repository)
  const fd = openSync(lock, 'r')
  expect(await removeStaleLock(lock)).toBe(false)
  closeSync(fd)
  expect(await removeStaleLock(lock)).toBe(true)
  expect(await removeStaleLock(lock)).toBe(false)
})

test('[WS21] after a commit was killed in the middle, the next one goes through', async () => {
  const repository = makeRepository()
  const hook = '.git/hooks/pre-commit'
  repository.write(hook, '#!/bin/sh\necho here\nsleep 1000\n', 0o755)
  repository.write('a.txt', 'two\n')
  const killed = await startScript('git -c user.name=x -c user.email=x commit --quiet --all -m killed 2>&1', {
    cwd: repository.path,
  })
  expect(await killed.lines.next()).toBe('here')
  process.kill(-killed.identity.pid, 'SIGKILL')
  await killed.closed
  repository.remove(hook)
  expect(repository.exists('.git/index.lock')).toBe(true)
  const { hash } = await makePort().git.commit(repository.path, 'after', { all: true })
  expect(repository.git('log', '--format=%H %s', '-1')).toBe(`${hash} after`)
  expect(repository.git('status', '--porcelain')).toBe('')
})

test('[WS21] the file is read from what git says', () => {
  expect(lockOf("fatal: Unable to create '/r/.git/index.lock': File exists.\n\nAnother git process")).toBe(
    '/r/.git/index.lock',
  )
  expect(lockOf('error: could not lock config file .git/config: File exists')).toBe('')
  expect(lockOf("fatal: pathspec 'x.lock' did not match")).toBeNull()
})
