import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { errorAnswer } from '@holdfast/api'
import { beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { checkOrigin } from '../src/access/checkOrigin.ts'
import { userIn } from '../src/access/userOfPeer.ts'
import { startServer } from '../src/index.ts'
import { serveProject, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await serveProject({}, { worker: false })
})

const host = '127.0.0.1:3456'
const header = ' sl local rem st tx rx tr tm retrnsmt uid timeout inode'
const line = (uid: number, inode: number): string =>
  `  0: 0100007F:9C40 0100007F:0D80 01 00000000:00000000 00:00000000 00000000 ${uid} 0 ${inode} 1`
const ends = { from: ['0100007F:9C40'], toPort: '0D80' }

test('[SV10] the user of a connection is that of its other end, unless a process has closed it', () => {
  expect(userIn(`${header}\n${line(1000, 77)}`, ends)).toBe(1000)
  expect(userIn(`${header}\n${line(0, 0)}`, ends)).toBeNull()
  expect(userIn(`${header}\n${line(1000, 77)}`, { ...ends, toPort: '0D81' })).toBeNull()
  expect(userIn('', ends)).toBeNull()
})

test.each([
  { host: 'holdfast.example:3456' },
  { host: '127.0.0.1.example.org' },
  {},
  { host, origin: 'https://example.org' },
  { host, origin: 'null' },
  { host, origin: 'http://127.0.0.1:9999' },
  { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
])('[SV11] what comes from elsewhere is refused: %j', (headers) => {
  expect(() => checkOrigin({ headers })).toThrow(expect.objectContaining({ code: 'ORIGIN_NOT_ALLOWED' }))
})

test('[SV2] [SV11] programs and own pages are let in, a WebSocket of another site is not', async () => {
  checkOrigin({ headers: { host } })
  checkOrigin({
    headers: { host: 'localhost:3456', origin: 'http://localhost:3456', 'sec-fetch-site': 'same-origin' },
  })
  checkOrigin({ headers: { host: '[::1]:3456' } })
  const status = await new Promise((resolve) => {
    const url = world.server.url
    request(`${url}/api/projects`, { headers: { host: 'evil.example' } }, (answer) =>
      resolve(answer.statusCode),
    ).end()
  })
  expect(status).toBe(403)
  const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}/api/ws`, {
    origin: 'https://example.org',
    headers: { 'x-request-id': 'mine' },
  })
  const answer = await new Promise<IncomingMessage>((resolve) =>
    socket.on('unexpected-response', (_, it) => resolve(it)),
  )
  expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([403, 'mine'])
  expect(errorAnswer.parse(await json(answer)).error).toMatchObject({
    code: 'ORIGIN_NOT_ALLOWED',
    requestId: 'mine',
  })
  socket.on('error', () => {})
  socket.terminate()
})

test('[SV10] a wrong token is refused, the right one taken, health open', async () => {
  const ask = async (token: string): Promise<number> =>
    (await world.fetch('/api/projects', { headers: { authorization: `Bearer ${token}` } })).status
  expect(await ask('x')).toBe(401)
  expect(await ask(world.server.token)).toBe(200)
  expect((await world.fetch('/api/health', { headers: { authorization: 'Bearer x' } })).status).toBe(200)
})

const canBeAnother = process.getuid?.() === 0 && existsSync('/proc/net/tcp') && existsSync('/usr/bin/setpriv')

// Only the superuser can ask as another user, and only Linux says who does.
test.skipIf(!canBeAnother)('[SV10] another user of the machine is refused without the token', async () => {
  const url = `${world.server.url}/api/projects`
  const program = `fetch(${JSON.stringify(url)}, { headers: JSON.parse(process.argv[1]) }).then((a) => console.log(a.status))`
  const ask = async (headers: object): Promise<string> => {
    const words = [
      '--reuid',
      '65534',
      '--clear-groups',
      process.execPath,
      '-e',
      program,
      JSON.stringify(headers),
    ]
    return (await promisify(execFile)('setpriv', words, { cwd: '/' })).stdout.trim()
  }
  expect(await ask({})).toBe('401')
  expect(await ask({ authorization: `Bearer ${world.server.token}` })).toBe('200')
})

test.each(['0.0.0.0', '::', '192.168.1.5', 'holdfast.example'])(
  '[SV3] no server without accounts on %s',
  async (where) => {
    const start = startServer({ holdfast: world.holdfast, version: '0', host: where, port: 0 })
    await expect(start).rejects.toMatchObject({ code: 'SERVER_NEEDS_ACCOUNTS' })
  },
)

test('a taken port is told', async () => {
  const port = Number(new URL(world.server.url).port)
  const start = startServer({ holdfast: world.holdfast, version: '0', port })
  await expect(start).rejects.toMatchObject({ code: 'SERVER_ADDRESS_IN_USE' })
})
