import { expect, test } from 'vitest'
import { makePort, makeRepository } from '../../test/support/repository.ts'

test('[WS58] the fingerprint of paths changes with what is at and below them only', async () => {
  const port = makePort()
  const repository = makeRepository()
  const take = async (stepId: string) =>
    (await port.snapshot(repository.path, { runId: 'r', stepId, when: 'before' }))!.treeId
  repository.write('lib/*.ts', 'star')
  const before = await take('1')
  repository.write('lib/b.ts', 'b')
  const after = await take('2')
  const changes = async (...paths: string[]): Promise<boolean> =>
    (await port.fingerprint(repository.path, before, paths)) !==
    (await port.fingerprint(repository.path, after, paths))
  expect([await changes('lib'), await changes('.'), await changes('a.txt', './lib/')]).toEqual([
    true,
    true,
    true,
  ])
  expect([await changes('lib/*.ts'), await changes('a.txt', 'gone')]).toEqual([false, false])
  await expect(changes('lib/../..')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_WORKSPACE' })
})
