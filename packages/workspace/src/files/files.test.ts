import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makePort, makeRepository, temporaryFolder } from '../../test/support/repository.ts'
import { MAX_READ_BYTES } from './readTextFile.ts'

/** A workspace beside a folder that must not be reached. */
function makeFolders() {
  const root = temporaryFolder()
  const [workspace, secret] = [join(root, 'workspace'), join(root, 'secret')]
  for (const folder of [workspace, secret]) mkdirSync(folder)
  writeFileSync(join(secret, 'key'), 'secret')
  return { workspace, secret, files: makePort().files }
}

const OUTSIDE = { code: 'PATH_OUTSIDE_WORKSPACE' }

test.each([
  '../secret/key',
  'a/../../secret/key',
  '/etc/passwd',
  '..',
  '..\\secret\\key',
  'a\\..\\..\\secret',
  'C:\\Windows\\win.ini',
  'c:/x',
  '\\\\server\\share',
  'a\0b',
])('[WS60] %j leaves the workspace for every operation', async (path) => {
  const { workspace, files } = makeFolders()
  writeFileSync(join(workspace, 'inside'), 'x')
  await expect(files.read(workspace, path)).rejects.toMatchObject(OUTSIDE)
  await expect(files.write(workspace, path, 'x')).rejects.toMatchObject(OUTSIDE)
  await expect(files.exists(workspace, path)).rejects.toMatchObject(OUTSIDE)
  await expect(files.delete(workspace, path)).rejects.toMatchObject(OUTSIDE)
  await expect(files.list(workspace, path)).rejects.toMatchObject(OUTSIDE)
  await expect(files.copy(workspace, path, 'x')).rejects.toMatchObject(OUTSIDE)
  await expect(files.copy(workspace, 'inside', path)).rejects.toMatchObject(OUTSIDE)
  await expect(files.resolve(workspace, path)).rejects.toMatchObject(OUTSIDE)
})

test('[WS60] links that lead out are refused, whether or not something is there', async () => {
  const { workspace, secret, files } = makeFolders()
  symlinkSync(secret, join(workspace, 'folder'))
  symlinkSync('../secret/key', join(workspace, 'file'))
  symlinkSync('../secret/not-yet', join(workspace, 'dangling'))
  symlinkSync('dangling', join(workspace, 'second'))
  for (const path of ['folder/key', 'folder/new', 'file', 'dangling', 'second']) {
    await expect(files.read(workspace, path), path).rejects.toMatchObject(OUTSIDE)
    await expect(files.write(workspace, path, 'x'), path).rejects.toMatchObject(OUTSIDE)
  }
  await expect(files.delete(workspace, 'folder/key')).rejects.toMatchObject(OUTSIDE)
  await expect(files.list(workspace, 'folder')).rejects.toMatchObject(OUTSIDE)
  expect(readdirSync(secret)).toEqual(['key'])
})

test('[WS60] links inside, an absolute path inside, and odd names are fine', async () => {
  const { workspace, files } = makeFolders()
  await files.write(workspace, 'real/file.txt', 'text')
  symlinkSync('real', join(workspace, 'link'))
  symlinkSync(join(workspace, 'real/file.txt'), join(workspace, 'absolute'))
  expect(await files.read(workspace, 'link/file.txt')).toBe('text')
  expect(await files.read(workspace, 'absolute')).toBe('text')
  expect(await files.read(workspace, join(workspace, 'real/file.txt'))).toBe('text')
  expect(await files.resolve(workspace, 'link/new/x')).toBe(join(workspace, 'real/new/x'))
  expect(await files.resolve(workspace, '.')).toBe(workspace)
  await files.write(workspace, '-rf é\n..txt', 'odd')
  expect(await files.read(workspace, './-rf é\n..txt')).toBe('odd')
})

test('[WS60] links in a circle are an error', async () => {
  const { workspace, files } = makeFolders()
  symlinkSync('two', join(workspace, 'one'))
  symlinkSync('one', join(workspace, 'two'))
  await expect(files.read(workspace, 'one')).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
    details: { reason: 'ELOOP' },
  })
})

test('[WS61] a write makes folders, replaces in one step, keeps permissions and goes through links', async () => {
  const { workspace, files } = makeFolders()
  await files.write(workspace, 'deep/er/file.sh', 'one')
  const file = join(workspace, 'deep/er/file.sh')
  execFileSync('chmod', ['750', file])
  symlinkSync('deep/er/file.sh', join(workspace, 'link'))
  const before = statSync(file).ino
  const reader = readFileSync(file, 'utf8')
  await files.write(workspace, 'link', 'two')
  expect([reader, readFileSync(file, 'utf8')]).toEqual(['one', 'two'])
  expect(statSync(file).ino).not.toBe(before)
  expect(statSync(file).mode & 0o777).toBe(0o750)
  expect(lstatSync(join(workspace, 'link')).isSymbolicLink()).toBe(true)
  expect(readdirSync(join(workspace, 'deep/er'))).toEqual(['file.sh'])
})

test('[WS61] a write that fails leaves the old file and nothing else', async () => {
  const { workspace, files } = makeFolders()
  mkdirSync(join(workspace, 'folder'))
  await expect(files.write(workspace, 'folder', 'x')).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
    message: expect.stringContaining('it is a folder'),
  })
  await expect(files.write(workspace, 'n'.repeat(300), 'x')).rejects.toMatchObject({
    details: { reason: 'ENAMETOOLONG' },
  })
  expect(readdirSync(workspace)).toEqual(['folder'])
})

test('[WS62] missing files, files in the place of folders, and missing workspaces are told apart', async () => {
  const { workspace, files } = makeFolders()
  await files.write(workspace, 'file', 'x')
  await expect(files.read(workspace, 'none/at/all')).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining('"none/at/all"'),
  })
  await expect(files.copy(workspace, 'none', 'x')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  await expect(files.list(workspace, 'none')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  await expect(files.read(workspace, 'file/below')).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
    details: { reason: 'ENOTDIR' },
  })
  await expect(files.write(workspace, 'file/below', 'x')).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
  })
  expect([
    await files.exists(workspace, 'file'),
    await files.exists(workspace, 'file/below'),
    await files.exists(workspace, 'none'),
  ]).toEqual([true, false, false])
  await expect(files.read(join(workspace, 'gone'), 'x')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test('[WS62] a folder without permission says so', async () => {
  const { workspace, files } = makeFolders()
  mkdirSync(join(workspace, 'closed'), { mode: 0o555 })
  // Permissions do not hold for the superuser, who becomes somebody else for this test.
  if (process.getuid?.() === 0) {
    execFileSync('chmod', ['-R', 'go+rX', join(workspace, '..')])
    process.seteuid?.(65_534)
    onTestFinished(() => process.seteuid?.(0))
  }
  await expect(files.write(workspace, 'closed/x', 'x')).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
    message: expect.stringContaining('permission denied'),
  })
})

test('[WS63] text comes back exactly as it was written', async () => {
  const { workspace, files } = makeFolders()
  for (const text of ['', 'é€😀\r\n', '\uFEFFwith a mark', 'nul\0inside']) {
    await files.write(workspace, 'text', text)
    expect(await files.read(workspace, 'text')).toBe(text)
  }
})

test('[WS63] what is no text, no file, or too large is an error', async () => {
  const { workspace, files } = makeFolders()
  writeFileSync(join(workspace, 'binary'), new Uint8Array([0xff, 0xfe, 0x00]))
  await expect(files.read(workspace, 'binary')).rejects.toMatchObject({
    message: expect.stringContaining('not UTF-8'),
  })
  await expect(files.read(workspace, '.')).rejects.toMatchObject({
    message: expect.stringContaining('folder'),
  })
  execFileSync('sh', ['-c', 'mkfifo pipe'], { cwd: workspace })
  await expect(files.read(workspace, 'pipe')).rejects.toMatchObject({
    message: expect.stringContaining('pipe'),
  })
  writeFileSync(join(workspace, 'huge'), '')
  truncateSync(join(workspace, 'huge'), MAX_READ_BYTES + 1)
  await expect(files.read(workspace, 'huge')).rejects.toMatchObject({
    code: 'STEP_OUTPUT_TOO_LARGE',
    details: { size: MAX_READ_BYTES + 1 },
  })
})

test('[WS64] a copy has the same bytes and permissions', async () => {
  const { workspace, files } = makeFolders()
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256))
  writeFileSync(join(workspace, 'from'), bytes, { mode: 0o755 })
  writeFileSync(join(workspace, 'to'), 'old')
  execFileSync('chmod', ['755', join(workspace, 'from')])
  await files.copy(workspace, 'from', 'new/folder/to')
  expect(readFileSync(join(workspace, 'new/folder/to')).equals(bytes)).toBe(true)
  expect(statSync(join(workspace, 'new/folder/to')).mode & 0o777).toBe(0o755)
  await files.copy(workspace, 'from', 'to')
  expect(readFileSync(join(workspace, 'to')).equals(bytes)).toBe(true)
  await files.copy(workspace, 'from', 'from')
  expect(readFileSync(join(workspace, 'from')).equals(bytes)).toBe(true)
  await expect(files.copy(workspace, 'new', 'x')).rejects.toMatchObject({ details: { reason: 'EISDIR' } })
  expect(readdirSync(workspace).toSorted()).toEqual(['from', 'new', 'to'])
})

test('[WS65] files, folders and links go, targets of links and the workspace stay', async () => {
  const { workspace, secret, files } = makeFolders()
  await files.write(workspace, 'folder/deep/file', 'x')
  await files.write(workspace, 'file', 'x')
  symlinkSync(join(secret, 'key'), join(workspace, 'link'))
  for (const path of ['folder', 'file', 'link', 'link', 'none/at/all']) await files.delete(workspace, path)
  expect(readdirSync(workspace)).toEqual([])
  expect(readdirSync(secret)).toEqual(['key'])
  for (const path of ['.', 'x/..', workspace]) {
    await expect(files.delete(workspace, path)).rejects.toMatchObject({ code: 'FILE_OPERATION_FAILED' })
  }
  expect(existsSync(workspace)).toBe(true)
})

test('[WS66] in a repository ignored and deleted files are not listed', async () => {
  const { files } = makePort()
  const repository = makeRepository()
  repository.write('b/tracked', '')
  repository.write('b/gone', '')
  repository.git('add', 'b')
  repository.remove('b/gone')
  repository.write('b/untracked "é"', '')
  repository.write('b/x.log', '')
  repository.write('.agent/holdfast.db', '')
  makeRepository({ path: (mkdirSync(join(repository.path, 'inner')), join(repository.path, 'inner')) })
  expect(await files.list(repository.path, '.')).toEqual([
    '.gitignore',
    'a.txt',
    'b/tracked',
    'b/untracked "é"',
  ])
  expect(await files.list(repository.path, 'b')).toEqual(['b/tracked', 'b/untracked "é"'])
  expect(await files.list(repository.path, 'a.txt')).toEqual(['a.txt'])
  expect(await files.list(join(repository.path, 'b'), '.')).toEqual(['tracked', 'untracked "é"'])
})

test('[WS66] outside git every file is listed, links not followed', async () => {
  const { workspace, secret, files } = makeFolders()
  for (const name of ['b', 'a/z', 'a/b/c', '.hidden']) await files.write(workspace, name, '')
  mkdirSync(join(workspace, '.git'))
  writeFileSync(join(workspace, '.git/config'), '')
  symlinkSync(secret, join(workspace, 'link'))
  expect(await files.list(workspace, '.')).toEqual(['.hidden', 'a/b/c', 'a/z', 'b', 'link'])
  expect(await files.list(workspace, 'a')).toEqual(['a/b/c', 'a/z'])
})

test("git's own folder is read but not changed: a hook in it would run as a program", async () => {
  const { workspace, files } = makeFolders()
  mkdirSync(join(workspace, '.git/hooks'), { recursive: true })
  writeFileSync(join(workspace, '.git/config'), 'kept')
  symlinkSync(join(workspace, '.git'), join(workspace, 'alias'))
  await files.write(workspace, 'a.txt', 'mine')
  for (const path of [
    '.git/config',
    '.git/hooks/pre-commit',
    'alias/config',
    '.GIT/config',
    'sub/.git/config',
  ]) {
    const refused = { code: 'PATH_OUTSIDE_WORKSPACE' }
    await expect(files.write(workspace, path, 'x')).rejects.toMatchObject(refused)
    await expect(files.copy(workspace, 'a.txt', path)).rejects.toMatchObject(refused)
    await expect(files.delete(workspace, path)).rejects.toMatchObject(refused)
  }
  expect(await files.read(workspace, '.git/config')).toBe('kept')
  await files.write(workspace, '.gitignore', 'dist')
})
