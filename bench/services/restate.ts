import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { RestateServer } from '../adapter.ts'
import { ifInterrupted } from '../driver/endings.ts'
import { until } from '../measure/until.ts'

const START_LIMIT_MS = 60_000

/** Starts the server of Restate from its packages, one node with its default settings, on free ports. */
export async function startRestate(
  packages: string,
  folder: string,
): Promise<{ readonly server: RestateServer; stop(): Promise<void> }> {
  const [ingressPort, adminPort, nodePort, endpointPort] = await freePorts()
  const directory = join(folder, 'restate')
  mkdirSync(directory)
  const child = spawn(program(packages), ['--no-logo', '--base-dir', directory, '--node-name', 'bench'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${nodePort}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingressPort}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${adminPort}`,
    },
  })
  let printed = ''
  const keep = (chunk: Buffer): string => (printed = (printed + chunk.toString()).slice(-4000))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let gone = false
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      printed += error.message
      resolve()
    })
    child.once('close', resolve)
  }).finally(() => (gone = true))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
    going()
  }
  const going = ifInterrupted(stop)
  const healthy = async (): Promise<boolean> => {
    if (gone) throw new Error(`The server of Restate ended while it started. It printed:\n${printed}`)
    const paths = [`${adminPort}/health`, `${ingressPort}/restate/health`]
    const answers = await Promise.all(
      paths.map((path) => fetch(`http://127.0.0.1:${path}`).catch(() => null)),
    )
    return answers.every((answer) => answer?.ok === true)
  }
  try {
    await until(healthy, 'the server of Restate to be healthy', START_LIMIT_MS)
  } catch (error) {
    await stop()
    throw error
  }
  return { server: { ingressPort, adminPort, nodePort, endpointPort, directory }, stop }
}

function program(packages: string): string {
  const platform = `restate-server-${process.platform}-${process.arch}`
  return join(packages, 'node_modules/@restatedev', platform, 'bin/restate-server')
}

/** Four ports that nobody listens on; they are held together, so that they differ. */
async function freePorts(): Promise<[number, number, number, number]> {
  const listeners = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const listener = createServer()
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      return listener
    }),
  )
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port)
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))))
  return ports as [number, number, number, number]
}
