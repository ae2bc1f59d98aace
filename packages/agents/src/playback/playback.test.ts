import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { applyFiles } from './applyFiles.ts'
import { firstDifference, placeless } from './diverged.ts'
import { readRunRecording } from './readRecording.ts'

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')

async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'holdfast-playback-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(root, name), content)
  return root
}

test('[AG60] what is compared is the text without the places of its run; what was redacted fits anything', () => {
  const places = { runId: 'run-1', workspacePath: '/w/x' }
  expect(placeless('In /w/x/src of run-1', places)).toBe('In <workspace>/src of <run>')
  expect(firstDifference('a\nb', 'a\nb')).toBeNull()
  expect(firstDifference('a\nb\nc', 'a\nx\nc')).toEqual({ line: 2, recorded: 'b', asked: 'x' })
  expect(firstDifference('a', 'a\nb')).toEqual({ line: 2, recorded: '(nothing)', asked: 'b' })
  expect(firstDifference('Use [redacted:KEY] for [redacted].', 'Use abc for d e.')).toBeNull()
  expect(firstDifference('Use [redacted:KEY] now', 'Use abc then')).toMatchObject({ line: 1 })
  expect(firstDifference('[redacted] now', 'Use now or later')).toMatchObject({ line: 1 })
})

test('[AG61] files are changed all or none, each once, and nothing outside of the workspace', async () => {
  const root = await folder({ 'a.txt': 'old', 'gone.txt': 'x' })
  const changes = [
    { path: 'a.txt', before: sha('old'), after: { text: 'new' } },
    {
      path: 'deep/run.sh',
      before: null,
      after: { base64: Buffer.from([0, 255]).toString('base64'), executable: true as const },
    },
    { path: 'gone.txt', before: sha('x'), after: null },
  ]
  expect(await applyFiles(root, changes)).toBeNull()
  expect(await readFile(path.join(root, 'a.txt'), 'utf8')).toBe('new')
  expect([...(await readFile(path.join(root, 'deep/run.sh')))]).toEqual([0, 255])
  expect((await stat(path.join(root, 'deep/run.sh'))).mode & 0o111).not.toBe(0)
  await expect(stat(path.join(root, 'gone.txt'))).rejects.toThrow()
  // A step that was interrupted is played again.
  expect(await applyFiles(root, changes)).toBeNull()

  await writeFile(path.join(root, 'gone.txt'), 'back')
  await writeFile(path.join(root, 'a.txt'), 'old')
  expect(await applyFiles(root, changes)).toEqual({ path: 'gone.txt', why: 'its content is another one' })
  expect(await readFile(path.join(root, 'a.txt'), 'utf8')).toBe('old')

  const outside = await folder()
  await mkdir(path.join(root, 'links'))
  await symlink(outside, path.join(root, 'links/out'))
  const through = [{ path: 'links/out/x', before: null, after: { text: 'x' } }]
  expect(await applyFiles(root, through)).toMatchObject({
    path: 'links/out/x',
    why: expect.stringContaining('link'),
  })
})

const step = (more: object) => ({
  holdfastRunRecording: 1,
  agents: [{ key: 'a', end: {}, usage: [], ...more }],
  prompts: [],
})

test.each([
  ['no JSON', '{'],
  ['version', '{}'],
  ['agents must be a list', JSON.stringify({ holdfastRunRecording: 1 })],
  ['agents[0].key', JSON.stringify(step({ key: 1 }))],
  ['leaves the workspace', JSON.stringify(step({ files: [{ path: '../x' }] }))],
  ['leaves the workspace', JSON.stringify(step({ files: [{ path: '.git/hooks/x' }] }))],
])('[AG62] a recording with %s wrong is refused before it is played', async (what, text) => {
  const root = await folder({ 'recording.json': text })
  const refused = readRunRecording(root)
  await expect(refused).rejects.toMatchObject({ code: 'AGENT_RECORDING_INVALID' })
  if (what !== 'no JSON') await expect(refused).rejects.toThrow(what)
  await expect(readRunRecording(path.join(root, 'nowhere'))).rejects.toThrow('holdfast record')
})
