import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mimeTypeOf } from '../src/files/mimeTypes.ts'
import { numberedName, safeName } from '../src/files/names.ts'
import { replaceFile } from '../src/files/replaceFile.ts'
import { storeArtifact } from '../src/files/storeArtifact.ts'
import { temporaryProject } from './project.ts'

test.each([
  ['simple-name.txt', 'simple-name.txt'],
  ['a b/c\\d:e*?"<>|', 'a-b-c-d-e'],
  ['../../etc/passwd', 'etc-passwd'],
  ['.hidden', 'hidden'],
  ['', 'unnamed'],
  ['...', 'unnamed'],
  ['Prüfung 工作.md', 'Prüfung-工作.md'],
  ['a\u0000b\nc', 'a-b-c'],
  ['\uD800x', 'x'],
])('the name %j is %j on disk', (given, name) => {
  expect(safeName(given)).toBe(name)
})

test('long names are shortened to what file systems take, and keep their extension', () => {
  const name = safeName(`${'工'.repeat(200)}.json`)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(180)
  expect(name.endsWith('.json')).toBe(true)
})

test('numbers go before the extension', () => {
  expect([numberedName('a.xml', 1), numberedName('a.xml', 2), numberedName('a', 3)]).toEqual([
    'a.xml',
    'a-2.xml',
    'a-3',
  ])
})

test('MIME types come from the extension', () => {
  expect([mimeTypeOf('a.PNG', false), mimeTypeOf('a.bin', false), mimeTypeOf('notes', true)]).toEqual([
    'image/png',
    'application/octet-stream',
    'text/plain',
  ])
})

function request(root: string, more: Partial<Parameters<typeof storeArtifact>[0]>) {
  return {
    root,
    executions: join(root, '.agent/workflows/executions'),
    folder: join(root, '.agent/workflows/executions/r/artifacts/s'),
    name: 'report.xml',
    file: null,
    content: null,
    maxBytes: 1000,
    ...more,
  }
}

test('content is kept under its name; the same name twice gets a number', async () => {
  const root = temporaryProject()
  const first = await storeArtifact(request(root, { content: '<ok/>' }))
  const second = await storeArtifact(request(root, { content: new Uint8Array([1, 2, 3]) }))
  expect(first).toEqual({
    storagePath: '.agent/workflows/executions/r/artifacts/s/report.xml',
    sizeBytes: 5,
    mimeType: 'application/xml',
  })
  expect(second.storagePath).toBe('.agent/workflows/executions/r/artifacts/s/report-2.xml')
  expect(readFileSync(join(root, first.storagePath), 'utf8')).toBe('<ok/>')
  expect([...readFileSync(join(root, second.storagePath))]).toEqual([1, 2, 3])
})

test('many at the same moment all get a place of their own, and nothing is left over', async () => {
  const root = temporaryProject()
  const stored = await Promise.all(
    Array.from({ length: 20 }, (_, index) => storeArtifact(request(root, { content: String(index) }))),
  )
  expect(new Set(stored.map((artifact) => artifact.storagePath)).size).toBe(20)
  const contents = stored.map((artifact) => readFileSync(join(root, artifact.storagePath), 'utf8'))
  expect(contents).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
  expect(readdirSync(request(root, {}).folder)).toHaveLength(20)
})

test('a file is copied, the original stays and may change', async () => {
  const root = temporaryProject({ 'out/report.xml': 'first' })
  chmodSync(join(root, 'out/report.xml'), 0o444)
  const { storagePath } = await storeArtifact(request(root, { file: join(root, 'out/report.xml') }))
  chmodSync(join(root, 'out/report.xml'), 0o644)
  writeFileSync(join(root, 'out/report.xml'), 'second')
  expect(readFileSync(join(root, storagePath), 'utf8')).toBe('first')
})

test('a missing file, a folder, and too much are told apart', async () => {
  const root = temporaryProject({ 'big.bin': 'x'.repeat(2000) })
  const failing = (more: Partial<Parameters<typeof storeArtifact>[0]>) => storeArtifact(request(root, more))
  await expect(failing({ file: join(root, 'gone') })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  await expect(failing({ file: root })).rejects.toMatchObject({ code: 'FILE_OPERATION_FAILED' })
  await expect(failing({ file: join(root, 'big.bin') })).rejects.toMatchObject({
    code: 'ARTIFACT_TOO_LARGE',
    details: { sizeBytes: 2000, maxBytes: 1000 },
  })
  await expect(failing({ content: 'x'.repeat(1001) })).rejects.toMatchObject({ code: 'ARTIFACT_TOO_LARGE' })
  expect(existsSync(request(root, {}).folder)).toBe(false)
})

test('where nothing can be written the error says why', async () => {
  const root = temporaryProject({ '.agent/workflows/executions': 'a file in the way' })
  await expect(storeArtifact(request(root, { content: 'x' }))).rejects.toMatchObject({
    code: 'FILE_OPERATION_FAILED',
    details: { code: 'ENOTDIR' },
  })
})

test('a replaced file is the old or the new one, and a failure leaves nothing behind', async () => {
  const root = temporaryProject({ 'a.json': 'old' })
  await replaceFile(join(root, 'a.json'), 'new', { sync: true })
  expect(readFileSync(join(root, 'a.json'), 'utf8')).toBe('new')
  mkdirSync(join(root, 'folder/inside'), { recursive: true })
  await expect(replaceFile(join(root, 'folder'), 'x')).rejects.toThrow()
  expect(readdirSync(root).toSorted()).toEqual(['a.json', 'folder'])
  symlinkSync(join(root, 'a.json'), join(root, 'link'))
  await replaceFile(join(root, 'link'), 'y')
  expect(statSync(join(root, 'a.json')).size).toBe(3)
})
