import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { findPrograms, type Programs } from './programs.ts'

const GUARD = join(import.meta.dirname, `guard${extname(import.meta.filename)}`)
const LOCALE = { LC_ALL: 'C' }

interface ServerParts {
  readonly programs: Programs
  readonly folder: string
  readonly port: number
  readonly password: string
  readonly environment: NodeJS.ProcessEnv
}

/** A PostgreSQL server of the tests, with durable settings: what it answered survives its crash. */
export class Server {
  readonly #programs: Programs
  readonly #folder: string
  readonly #port: number
  readonly #password: string
  readonly #environment: NodeJS.ProcessEnv
  #guard: ChildProcess | null = null

  private constructor(of: ServerParts) {
    this.#programs = of.programs
    this.#folder = of.folder
    this.#port = of.port
    this.#password = of.password
    this.#environment = of.environment
  }

  /**
   * Makes a cluster of its own and starts it. The superuser is `postgres`; `environment` is what the server's
   * processes get beside that of this one.
   */
  static async create(environment: NodeJS.ProcessEnv = {}): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'))
    try {
      chmodSync(folder, 0o755)
      const programs = findPrograms(folder)
      const password = 'secret-of-the-tests'
      const data = join(folder, 'data')
      const secret = join(folder, 'password')
      writeFileSync(secret, password)
      if (programs.ids.uid !== undefined) chownSync(folder, programs.ids.uid, programs.ids.uid)
      const { status, stderr, error } = spawnSync(
        programs.initdb,
        [
          '-D',
          data,
          '-U',
          'postgres',
          '-A',
          'scram-sha-256',
          '--pwfile',
          secret,
          '-E',
          'UTF8',
          '--locale=C',
        ].concat(['--no-sync', '--no-instructions']),
        { ...programs.ids, cwd: '/', env: { ...process.env, ...LOCALE, HOME: folder }, encoding: 'utf8' },
      )
      if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`)
      const server = new Server({ programs, folder, port: await freePort(), password, environment })
      await server.start()
      return server
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Address with the superuser's password. */
  url(database = 'postgres', user = 'postgres', password = this.#password): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.#port}/${database}`
  }

  /** Starts it, again on the same port with the same data. */
  async start(): Promise<void> {
    const { postgres, ids } = this.#programs
    const guard = spawn(
      process.execPath,
      [GUARD, postgres, ids.uid === undefined ? '' : String(ids.uid), this.#folder]
        .concat(['-D', join(this.#folder, 'data'), '-p', String(this.#port), '-h', '127.0.0.1'])
        .concat(['-k', this.#folder, '-c', 'max_connections=200', '-c', 'log_min_messages=log']),
      { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, ...LOCALE, ...this.#environment } },
    )
    this.#guard = guard
    let said = ''
    guard.stderr.on('data', (text) => (said += String(text)))
    const ended = once(guard, 'exit').then(() => {
      throw new Error(`PostgreSQL did not start: ${said}`)
    })
    ended.catch(() => undefined)
    await Promise.race([ready(() => said), ended])
  }

  /** Stops it: `fast` ends every session first, `immediate` is what a crash leaves. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const guard = this.#guard
    this.#guard = null
    if (guard === null) return
    const ended = once(guard, 'exit')
    guard.stdin?.end(`${how}\n`)
    await ended
  }

  /** Stops it for good. */
  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function ready(said: () => string): Promise<void> {
  while (!said().includes('ready to accept connections'))
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 5)
    })
}
