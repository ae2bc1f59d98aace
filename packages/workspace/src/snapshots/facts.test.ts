import { expect, test } from 'vitest'
import { makePort, makeRepository, makeRepositoryWithRemote } from '../../test/support/repository.ts'
import { parseNumstat } from '../git/treeDiff.ts'

test('[WS47] the difference holds commits, open changes, untracked, renamed and binary files', async () => {
  const port = makePort()
  const repository = makeRepository()
  const lines = Array.from({ length: 30 }, (_, number) => `line ${number}\n`).join('')
  repository.write('long.txt', lines)
  await port.git.commit(repository.path, 'start', { all: true })
  const initialCommit = repository.git('rev-parse', 'HEAD')
  repository.write('a.txt', 'one\ntwo\n')
  const { hash } = await port.git.commit(repository.path, 'work', { all: true })
  repository.git('mv', 'long.txt', 'renamed é.txt')
  repository.write('renamed é.txt', `${lines}more\n`)
  repository.write('blob.bin', new Uint8Array([0, 1, 2, 0, 255]))
  repository.write('new\tfile.txt', '1\n2\n')
  repository.write('x.log', 'ignored\n')
  repository.write('.agent/workflows/executions/r/metadata.json', '{}')
  const file = { binary: false, renamedFrom: null }
  expect(await port.facts(repository.path, initialCommit)).toEqual({
    repo: repository.path,
    branch: 'main',
    initialCommit,
    finalCommit: hash,
    diff: {
      added: 4,
      removed: 0,
      files: [
        { ...file, path: 'a.txt', added: 1, removed: 0 },
        { ...file, path: 'blob.bin', added: null, removed: null, binary: true },
        { ...file, path: 'new\tfile.txt', added: 2, removed: 0 },
        { ...file, path: 'renamed é.txt', added: 1, removed: 0, renamedFrom: 'long.txt' },
      ],
    },
  })
  expect(repository.git('stash', 'list')).toBe('')
})

test('[WS47] before the first commit, and with a first commit made since', async () => {
  const port = makePort()
  const repository = makeRepository({ commit: false })
  expect(await port.facts(repository.path, null)).toMatchObject({
    finalCommit: null,
    branch: 'main',
    diff: { files: [] },
  })
  repository.write('a', '1\n2\n')
  expect(await port.facts(repository.path, null)).toMatchObject({
    finalCommit: null,
    diff: { added: 2, removed: 0 },
  })
  const { hash } = await port.git.commit(repository.path, 'first', { all: true })
  expect(await port.facts(repository.path, null)).toMatchObject({
    initialCommit: null,
    finalCommit: hash,
    diff: { added: 2 },
  })
})

test('[WS47] the address of the remote is told without user and password; an unknown commit is an error', async () => {
  const port = makePort()
  const { repository } = makeRepositoryWithRemote()
  repository.git('remote', 'set-url', 'origin', 'https://ada:s3cret@example.com/acme/site.git')
  repository.git('checkout', '--quiet', '--detach')
  const head = repository.git('rev-parse', 'HEAD')
  expect(await port.facts(repository.path, head)).toMatchObject({
    repo: 'https://example.com/acme/site.git',
    branch: null,
  })
  await expect(port.facts(repository.path, 'f'.repeat(40))).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

test('[WS47] numstat is read with every shape of line', () => {
  const shapes = ['1\t2\ta b\tc', '-\t-\tbin', '0\t0\t', 'old\tname', 'new', ''].join('\0')
  expect(parseNumstat(shapes)).toEqual([
    { path: 'a b\tc', added: 1, removed: 2, binary: false, renamedFrom: null },
    { path: 'bin', added: null, removed: null, binary: true, renamedFrom: null },
    { path: 'new', added: 0, removed: 0, binary: false, renamedFrom: 'old\tname' },
  ])
  expect(parseNumstat('')).toEqual([])
})
