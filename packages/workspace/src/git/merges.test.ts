import { expect, test } from 'vitest'
import { makeMarker } from '../../test/support/processes.ts'
import { makePort, makeRepository } from '../../test/support/repository.ts'

test('[WS34] a merge makes a commit, conflicts are an answer, and commit finishes what was resolved', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  const commitOn = async (branch: string, path: string, content: string): Promise<void> => {
    await git.ensureBranch(repository.path, branch, 'main')
    repository.write(path, content)
    await git.commit(repository.path, `${branch} writes ${path}`, { all: true })
  }
  await commitOn('other', 'other.txt', 'other\n')
  await commitOn('theirs', 'a.txt', 'theirs\n')
  await commitOn('ours', 'a.txt', 'ours\n')

  const merged = await git.merge(repository.path, 'other', 'Take the other file')
  expect(merged).toEqual({ merged: true, hash: repository.git('rev-parse', 'HEAD'), conflicts: [] })
  expect(repository.git('log', '-1', '--format=%s %P').split(' ').slice(-1)).toEqual([
    repository.git('rev-parse', 'other'),
  ])
  expect(await git.merge(repository.path, 'other', 'Again')).toEqual(merged)

  const conflict = { merged: false, hash: null, conflicts: ['a.txt'] }
  expect(await git.merge(repository.path, 'theirs', 'Take theirs')).toEqual(conflict)
  const scope = { marker: makeMarker(), signal: new AbortController().signal }
  // As a step finds it that is run again because its process died.
  expect(await git.merge(repository.path, 'theirs', 'Take theirs', scope)).toEqual(conflict)
  await expect(git.merge(repository.path, 'main~0', 'Another')).rejects.toMatchObject({ code: 'GIT_FAILED' })
  await expect(git.commit(repository.path, 'Take theirs', { all: true })).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('(a.txt:1, a.txt:3, a.txt:5)'),
  })
  repository.write('a.txt', 'both\n')
  const finished = await git.commit(repository.path, 'Take theirs', { all: true })
  expect(finished.committed).toBe(true)
  expect(repository.git('log', '-1', '--format=%P').split(' ')).toEqual([
    merged.hash,
    repository.git('rev-parse', 'theirs'),
  ])
  expect((await git.status(repository.path)).clean).toBe(true)
})

test('[WS34] a merge that a hook or changed files stop says so, and goes on when it is tried again', async () => {
  const { git } = makePort()
  const repository = makeRepository()
  await git.ensureBranch(repository.path, 'side')
  repository.write('a.txt', 'side\n')
  await git.commit(repository.path, 'side', { all: true })
  await git.ensureBranch(repository.path, 'main')
  repository.write('a.txt', 'mine\n')
  await expect(git.merge(repository.path, 'side', 'm')).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('a.txt'),
  })
  expect(repository.read('a.txt')).toBe('mine\n')
  repository.git('checkout', '--quiet', 'a.txt')
  repository.write('.git/hooks/commit-msg', '#!/bin/sh\necho "no ticket" >&2\nexit 1\n', 0o755)
  await expect(git.merge(repository.path, 'side', 'm')).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: expect.stringContaining('no ticket'),
  })
  repository.remove('.git/hooks/commit-msg')
  expect(await git.merge(repository.path, 'side', 'm')).toMatchObject({ merged: true, conflicts: [] })
  expect(repository.git('log', '-1', '--format=%P').split(' ')).toHaveLength(2)
  await expect(git.merge(repository.path, '--abort', 'm')).rejects.toMatchObject({ code: 'GIT_FAILED' })
})
