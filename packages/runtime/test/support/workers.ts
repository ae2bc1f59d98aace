import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EngineSettings } from '@holdfast/engine'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('./workerProcess.ts', import.meta.url))
/** How long another process may take before a test gives it up, in milliseconds. */
const PATIENCE_MS = 45_000

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly id: string
  readonly process: ChildProcess
  /** Ends it without a word (SIGKILL) and waits until it is gone. */
  kill(): Promise<void>
}

/** Starts a worker process on a project; resolves when it claims. It is killed when the test ends. */
export async function workerProcess(
  root: string,
  options: {
    readonly settings?: Partial<EngineSettings>
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', SCRIPT, root, JSON.stringify(options.settings ?? {})],
    { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit')
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  const ready = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('ready ')) ready.resolve(line.slice('ready '.length))
  })
  void exited.then(([code]) => ready.reject(new Error(`The worker ended with ${code} before it was ready.`)))
  return { id: await ready.promise, process: child, kill }
}

/** Looks at what another process does until there is something to see, for `patienceMs` at most. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const end = Date.now() + patienceMs
  for (;;) {
    const seen = await look()
    if (seen !== null && seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error(`It did not come to this: ${what}.`)
    await pause(20)
  }
}

/** Resolves when another process has made the file. */
export async function fileAt(path: string): Promise<void> {
  await eventually(`${path} exists`, () => existsSync(path))
}

/** An empty folder outside of every project, removed when the test ends. */
export function outsideFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-outside-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Whether a process runs; one that ended and was not yet waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return state !== '' && !state.startsWith('Z')
  } catch {
    return false
  }
}
