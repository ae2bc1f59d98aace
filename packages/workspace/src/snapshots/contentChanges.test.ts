import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePort, makeRepository } from '../../test/support/repository.ts'

test('[WS59] changes between two trees hold every byte, mode and link, for the folder that is asked about', async () => {
  const port = makePort()
  const repository = makeRepository()
  repository.write('app/old name.txt', 'the same words\n')
  repository.write('app/[a].txt', 'brackets\n')
  repository.write('app/gone.txt', 'x')
  await port.git.commit(repository.path, 'start', { all: true })
  const before = await port.snapshot(repository.path, { runId: 'r', stepId: 's', when: 'before' })
  repository.git('mv', 'app/old name.txt', 'app/né w.txt')
  repository.write('app/[a].txt', 'other\n')
  repository.remove('app/gone.txt')
  repository.write('app/blob.bin', new Uint8Array([0, 255, 10, 13, 128]))
  repository.write('app/run.sh', 'exit 0\n', 0o755)
  repository.write('outside.txt', 'not asked about')
  mkdirSync(join(repository.path, 'app/links'))
  symlinkSync('../a.txt', join(repository.path, 'app/links/to'))
  const after = await port.snapshot(repository.path, { runId: 'r', stepId: 's', when: 'after' })

  const changes = await port.contentChanges(join(repository.path, 'app'), before!.treeId, after!.treeId)
  const side = (content: (typeof changes)[number]['after']) =>
    content === null ? null : [content.kind, Buffer.from(content.bytes).toString('latin1')]
  expect(changes.map((change) => [change.path, side(change.before), side(change.after)])).toEqual([
    ['[a].txt', ['file', 'brackets\n'], ['file', 'other\n']],
    ['blob.bin', null, ['file', '\u0000\u00ff\n\r\u0080']],
    ['gone.txt', ['file', 'x'], null],
    ['links/to', null, ['link', '../a.txt']],
    ['né w.txt', null, ['file', 'the same words\n']],
    ['old name.txt', ['file', 'the same words\n'], null],
    ['run.sh', null, ['executable', 'exit 0\n']],
  ])
  await expect(port.contentChanges(repository.path, '0'.repeat(40), after!.treeId)).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})
