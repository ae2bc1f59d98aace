import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runMessage, type RunMessage } from '@holdfast/api'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { serveProject, STEPS, until, type Loose, type World } from './world.ts'

const WORKER = fileURLToPath(new URL('support/workerProcess.ts', import.meta.url))

let world: World
let workflow: string

beforeAll(async () => {
  // Nobody executes runs in this process: what is told comes from another one.
  world = await serveProject({ steps: STEPS }, { worker: false })
  workflow = (await world.client.listWorkflows()).items[0]!.id
})

async function start(input: object): Promise<string> {
  return (await world.client.startExecution({ params: { id: workflow }, body: { input } })).id
}

/** A client that keeps what it hears. */
async function connect(): Promise<{
  socket: WebSocket
  heard: Loose[]
  hears: (isIt: (message: Loose) => boolean) => Promise<Loose>
}> {
  const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}/api/ws`)
  onTestFinished(() => socket.terminate())
  const heard: Loose[] = []
  socket.on('message', (bytes: Buffer) => heard.push(JSON.parse(bytes.toString())))
  await once(socket, 'open')
  const hears = (isIt: (message: Loose) => boolean): Promise<Loose> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = heard.find(isIt)
        if (found === undefined) return
        socket.off('message', look)
        resolve(found)
      }
      socket.on('message', look)
      look()
    })
  return { socket, heard, hears }
}

const isEnd = (message: RunMessage): boolean => message.type === 'workflow:execution:completed'
const ask = (socket: WebSocket, frame: object): void => socket.send(JSON.stringify(frame))

test('[SV12] a run of another process is told once and in order, also over a reconnect', async () => {
  const id = await start({ count: 30 })
  const first = await connect()
  ask(first.socket, { type: 'workflow:subscribe', executionId: id })
  await first.hears((message) => message.type === 'workflow:subscribed')
  const worker = fork(WORKER, [world.root, join(world.root, '.agent/holdfast.db')], {
    execArgv: ['--conditions=source'],
  })
  onTestFinished(async () => {
    worker.send('stop')
    await once(worker, 'exit')
  })
  // In the middle the client goes away, and comes back with the cursor of what it had by then.
  await first.hears((message) => message.type === 'workflow:step:updated')
  first.socket.terminate()
  await once(first.socket, 'close')
  const before = first.heard.filter(
    (message) => message.cursor !== undefined && message.sequence !== undefined,
  )
  const second = await connect()
  ask(second.socket, { type: 'workflow:subscribe', executionId: id, after: before.at(-1).cursor })
  await second.hears(isEnd)
  const messages = [...before, ...second.heard.filter((message) => message.sequence !== undefined)]
  const events = await world.holdfast.store.listWorkflowEvents({ runId: id })
  expect(messages.filter((one) => one.part === 0).map((one) => one.sequence)).toEqual(
    events.map((one) => one.sequence),
  )
  for (const message of messages) expect(runMessage.safeParse(message).error).toBeUndefined()
  const done = messages.findLast((one) => one.data.event === 'step.completed')
  const steps = await world.holdfast.store.listWorkflowSteps(id)
  expect(done.data.step).toMatchObject({ id: steps.at(-1)!.id, name: 'step-29', status: 'completed' })
  expect(done.data).toHaveProperty('current_workflow_step_id')
  expect(messages.at(-1).data).toMatchObject({ status: 'completed' })

  const third = await connect()
  const topics = ['execution']
  ask(third.socket, { type: 'workflow:subscribe', executionId: id, afterSequence: 1, topics })
  await third.hears(isEnd)
  const types = new Set(third.heard.slice(1).map((message) => message.type))
  expect([...types].toSorted()).toEqual([
    'workflow:execution:completed',
    'workflow:execution:started',
    'workflow:execution:updated',
  ])
})

test('[SV13] a client that does not read is told so, and gets everything in order when it reads again', async () => {
  const count = 250
  const id = await start({ count, bytes: 60_000 })
  const worker = await world.holdfast.worker({ concurrency: 1 })
  onTestFinished(() => worker.stop())
  await until(world, id, (status) => status === 'completed')
  const { socket, heard, hears } = await connect()
  ask(socket, { type: 'workflow:subscribe', executionId: id })
  await hears((message) => message.type === 'workflow:subscribed')
  socket.pause()
  // Another client gets all of it meanwhile, so the server had the time to send.
  const other = await connect()
  ask(other.socket, { type: 'workflow:subscribe', executionId: id })
  await other.hears(isEnd)
  const has = heard.length
  expect(has).toBeLessThan(count)
  socket.resume()
  await hears(isEnd)
  expect(heard.map((message) => message.type)).toContain('workflow:slow')
  const sequences = heard
    .filter((message) => message.sequence !== undefined && message.part === 0)
    .map((message) => message.sequence)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
})

test('[SV14] what does not fit is told and ends nothing', async () => {
  const { socket, hears, heard } = await connect()
  socket.send('{')
  await hears((message) => message.error?.code === 'REQUEST_INVALID')
  ask(socket, { type: 'workflow:subscribe', executionId: 'none' })
  await hears((message) => message.error?.code === 'RUN_NOT_FOUND' && message.executionId === 'none')
  const id = await start({ count: 1 })
  ask(socket, { type: 'workflow:subscribe', executionId: id, after: 'nonsense' })
  await hears((message) => message.error?.code === 'OPTION_INVALID')
  ask(socket, { type: 'workflow:subscribe', executionId: id })
  await hears((message) => message.type === 'workflow:execution:updated')
  ask(socket, { type: 'workflow:unsubscribe', executionId: id })
  await hears((message) => message.type === 'workflow:unsubscribed')
  ask(socket, { type: 'workflow:cancel', executionId: id })
  await until(world, id, (status) => status === 'cancelled' || status === 'cancelling')
  expect(heard.filter((message) => message.type === 'workflow:error')).toHaveLength(3)
})
