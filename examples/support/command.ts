import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionView } from '@holdfast/runtime'
import { onTestFinished } from 'vitest'
import type { Project } from './projects.ts'

const COMMAND = fileURLToPath(new URL('../../apps/cli/bin/holdfast.js', import.meta.url))

/** What a command left behind. */
export interface Ended {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that may still run. */
export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once stdout or stderr holds the text; rejects when it ended without. */
  saw(text: string): Promise<void>
}

/** Starts the holdfast command in a project, without a terminal; it is killed if it still runs when the test ends. */
export function start(
  project: Project,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, ...argv], {
    cwd: project.path,
    env: { ...process.env, NO_COLOR: '1', ...project.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  const heard = new EventEmitter()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      heard.emit('text')
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  return { process: child, ended, saw: (text) => saw(text, { said, heard, ended }) }
}

/** Runs the holdfast command to its end. */
export async function holdfast(
  project: Project,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(project, argv, env).ended
}

/** The document of the latest run, as `runs show --json` prints it. */
export async function latestRun(project: Project): Promise<ExecutionView> {
  const { code, stdout, stderr } = await holdfast(project, ['runs', 'show', 'latest', '--json'])
  if (code !== 0) throw new Error(`runs show left with ${code}: ${stderr}`)
  return JSON.parse(stdout) as ExecutionView
}

async function saw(
  text: string,
  of: {
    readonly said: { stdout: string; stderr: string }
    readonly heard: EventEmitter
    readonly ended: Promise<Ended>
  },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (): void => {
    if ((of.said.stdout + of.said.stderr).includes(text)) resolve()
  }
  of.heard.on('text', look)
  void of.ended.then(({ stdout, stderr }) =>
    reject(new Error(`The command ended before it said ${JSON.stringify(text)}:\n${stdout}${stderr}`)),
  )
  look()
  await promise
  of.heard.off('text', look)
}
