import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { baseEnvironment, createHostPort, hostIdentity, parentEnvironment } from '@holdfast/workspace'
import { temporaryFolder } from '../../test/support/repository.ts'

const PARENT = {
  PATH: '/bin',
  LC_TIME: 'C',
  OPENAI_API_KEY: 'secret',
  HOLDFAST_RUN_ID: 'outer',
  EDITOR: 'vi',
}

test('[WS7] commands inherit everything but what is Holdfast’s own', () => {
  const { HOLDFAST_RUN_ID: _left, ...rest } = PARENT
  expect(parentEnvironment({}, PARENT)).toEqual(rest)
  expect(parentEnvironment({ EDITOR: undefined, NEW: '1' }, PARENT)).toMatchObject({ NEW: '1', PATH: '/bin' })
  expect(parentEnvironment({ EDITOR: undefined }, PARENT)).not.toHaveProperty('EDITOR')
})

test('[WS7] the base environment holds only what a program needs to work', () => {
  expect(baseEnvironment({ EXTRA: 'x' }, PARENT)).toEqual({ PATH: '/bin', LC_TIME: 'C', EXTRA: 'x' })
})

test('[WS8] the host id is stable and is not the machine id', () => {
  const folder = temporaryFolder()
  const [first, second] = [hostIdentity(folder), hostIdentity(folder)]
  expect(second).toEqual(first)
  expect(first.hostId).toMatch(/^[0-9a-f]{32}$/)
  expect(first.bootId).not.toBe('unknown')
  if (process.platform === 'linux')
    expect(first.hostId).not.toBe(readFileSync('/etc/machine-id', 'utf8').trim())
})

test('[WS8] without a machine id one is made and kept', () => {
  const folder = temporaryFolder()
  const missing = join(folder, 'no-machine-id')
  const made = hostIdentity(join(folder, 'state'), missing)
  expect(made.hostId).toMatch(/^[0-9a-f]{32}$/)
  expect(hostIdentity(join(folder, 'state'), missing)).toEqual(made)
  writeFileSync(missing, 'uninitialized\n')
  expect(hostIdentity(join(folder, 'state'), missing)).toEqual(made)
  expect(hostIdentity(join(folder, 'other'), missing).hostId).not.toBe(made.hostId)
})

test('[WS6] the host port knows its own process', () => {
  const host = createHostPort()
  expect(host.self.pid).toBe(process.pid)
  expect(host.isAlive(host.self)).toBe(true)
  expect(createHostPort({ stateFolder: temporaryFolder() }).hostId).toBe(host.hostId)
})
