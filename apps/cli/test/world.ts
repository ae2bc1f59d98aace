import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Io } from '../src/io.ts'
import { main } from '../src/main.ts'

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url))

/** A git repository with these files, committed, in a temporary folder that is removed when the test ends. */
export function repository(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-cli-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
  for (const [path, content] of Object.entries(files)) put(root, path, content)
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: root })
  git('init', '-q', '-b', 'main')
  git('config', 'user.name', 'Tester')
  git('config', 'user.email', 'tester@example.org')
  git('add', '-A')
  git('commit', '-q', '--allow-empty', '-m', 'Begin')
  return root
}

/** Writes a file below `root`. */
export function put(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

/** Files of a project with one workflow. */
export function withWorkflow(name: string, body: string, config = ''): Record<string, string> {
  return {
    [`.agent/workflows/templates/${name}.ts`]:
      `import { createWorkflow } from 'holdfast'\nimport { z } from 'zod'\nvoid z\n` +
      `export default createWorkflow({ name: '${name}', ${config} }, async (ctx) => {\n  ${body}\n})\n`,
  }
}

/** What a command did in this process. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in this process, without a terminal. */
export async function holdfast(
  cwd: string,
  argv: readonly string[],
  more: {
    readonly stdin?: string
    readonly env?: Record<string, string>
    readonly signals?: EventEmitter
  } = {},
): Promise<Ran> {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const io: Io = {
    stdin: Readable.from([more.stdin ?? '']),
    stdout,
    stderr,
    env: { ...more.env },
    cwd,
    called: 'holdfast',
    signals: more.signals ?? new EventEmitter(),
  }
  const code = await main(argv, io)
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) }
}

function textOf(stream: PassThrough): string {
  return (stream.read() as string | null) ?? ''
}

/** A command as a process of its own. */
export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ran & { readonly signal: string | null }>
  /** Resolves once stdout or stderr holds the text. */
  saw(text: string | RegExp): Promise<void>
}

/** Starts the real command; it is killed if it still runs when the test ends. */
export function start(cwd: string, argv: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['--conditions=source', BIN, ...argv], {
    cwd,
    env: { ...process.env, HOLDFAST_STORE: '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = { stdout: '', stderr: '' }
  const heard = new EventEmitter()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text
      heard.emit('text')
    })
  }
  const ended = new Promise<Ran & { signal: string | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? -1, signal, ...out }))
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  const saw = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const all = out.stdout + out.stderr
        if (typeof text === 'string' ? all.includes(text) : text.test(all)) resolve()
      }
      heard.on('text', look)
      void ended.then(() =>
        reject(new Error(`ended before it said ${String(text)}:\n${out.stdout}${out.stderr}`)),
      )
      look()
    })
  return { process: child, ended, saw }
}
