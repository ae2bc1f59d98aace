import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { OFFLINE_KEY, offlineAgents, startScriptedModel, type ScriptedModel } from '@holdfast/agents/testing'
import { openStore } from '@holdfast/store'

const COMMAND = resolve(import.meta.dirname, '../../apps/cli/bin/holdfast.js')

/** A real agent. */
export interface Program {
  readonly name: 'claude' | 'codex' | 'gemini'
  /** Absolute path of its command. */
  readonly file: string
}

/** What one start of an agent took, in milliseconds. */
export interface Figures {
  /** From the start of the process to the first request that the model gets. */
  readonly firstRequestMs: number
  /** From the start of the process to its end. */
  readonly wholeMs: number
  /** Processor time of the process and of all that it started and waited for. */
  readonly cpuMs: number
}

interface Invocation {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly stdin: string
}

const PROMPT = 'Say hello.'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** One agent with a home, a repository and a model of its own. */
export class AgentBench {
  readonly #project: string
  readonly #env: Readonly<Record<string, string>>
  readonly #model: ScriptedModel
  readonly #bare: Invocation
  #count = 0

  private constructor(
    project: string,
    env: Readonly<Record<string, string>>,
    model: ScriptedModel,
    bare: Invocation,
  ) {
    this.#project = project
    this.#env = env
    this.#model = model
    this.#bare = bare
  }

  /** Sets everything up; two runs that do not count warm it up and show how Holdfast starts the program. */
  static async prepare(root: string, { name, file }: Program): Promise<AgentBench> {
    const home = mkdtempSync(join(root, `${name}-`))
    const model = await startScriptedModel({ script: { rules: [] }, keys: [OFFLINE_KEY] })
    const programs = { claude: file, codex: file, gemini: file }
    const agents = await offlineAgents(home, model.url, programs)
    const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`
    const env = { ...agents.environment, PATH, HOLDFAST_STORE: '' }
    const project = makeProject(home, agents[name])
    const spy = spyOn(home, file)
    const variable = `HOLDFAST_${name.toUpperCase()}_COMMAND`
    const shown = new AgentBench(project, { ...env, [variable]: spy }, model, bareOf(home, file, env))
    await shown.holdfast()
    const bench = new AgentBench(project, env, model, bareOf(home, file, env))
    await bench.bare()
    await bench.holdfast()
    return bench
  }

  /** The program by itself, with the arguments, the input and the folder that Holdfast gives it. */
  async bare(): Promise<Figures> {
    return await this.#measure({
      ...this.#bare,
      args: this.#bare.args.map((arg) => (UUID.test(arg) ? randomUUID() : arg)),
    })
  }

  /** The command `holdfast run` with the program as its only step; `stepMs` is that step alone. */
  async holdfast(): Promise<Figures & { readonly stepMs: number }> {
    const args = ['--conditions=source', COMMAND, 'run', 'one', '--project', this.#project]
    const figures = await this.#measure({ file: process.execPath, args, env: this.#env, stdin: '' })
    return { ...figures, stepMs: await this.#lastStepMs() }
  }

  async close(): Promise<void> {
    await this.#model.close()
  }

  async #measure(run: Invocation): Promise<Figures> {
    const gate = `request ${++this.#count}`
    this.#model.setScript({
      rules: [],
      fallback: { text: 'Done.', hold: gate, usage: { input: 10, output: 2 } },
    })
    const cpuBefore = childrenCpuMs()
    const began = performance.now()
    const child = spawn(run.file, run.args, {
      cwd: this.#project,
      env: run.env,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    child.stdin.end(run.stdin)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    const ended = new Promise<number | null>((done, failed) =>
      child.once('error', failed).once('close', done),
    )
    const asked = await Promise.race([
      this.#model.held(gate).then(() => performance.now()),
      ended.then((code) => {
        throw new Error(`${run.file} ended with ${code} and asked no model. It printed:\n${said}`)
      }),
    ])
    this.#model.release(gate)
    const code = await ended
    const wholeMs = performance.now() - began
    if (code !== 0) throw new Error(`${run.file} ended with ${code}. It printed:\n${said}`)
    return { firstRequestMs: asked - began, wholeMs, cpuMs: childrenCpuMs() - cpuBefore }
  }

  async #lastStepMs(): Promise<number> {
    const store = await openStore(`sqlite:${this.#project}/.agent/holdfast.db`)
    try {
      const { items } = await store.listWorkflowRuns({ limit: 1 })
      const [step] = await store.listWorkflowSteps(items[0]?.id ?? '')
      return Date.parse(step?.completed_at ?? '') - Date.parse(step?.started_at ?? '')
    } finally {
      await store.close()
    }
  }
}

function makeProject(home: string, agent: unknown): string {
  const project = join(home, 'project')
  const git = (...args: string[]): unknown => execFileSync('git', ['-C', project, ...args], { stdio: 'pipe' })
  mkdirSync(project)
  git('init', '--quiet')
  execFileSync(process.execPath, ['--conditions=source', COMMAND, 'init', project], { stdio: 'pipe' })
  writeFileSync(
    join(project, '.agent/workflows/templates/one.ts'),
    `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'one' }, async (ctx) => {
  await ctx.runCli('ask', ${JSON.stringify(agent)}, '${PROMPT}')
})
`,
  )
  git('add', '--all')
  git(
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@localhost',
    'commit',
    '--quiet',
    '-m',
    'Add a workflow',
  )
  return project
}

/** A program that writes down its arguments, its environment and its input, and runs the real one. */
function spyOn(home: string, file: string): string {
  const spy = join(home, 'spy')
  const lines = [
    '#!/bin/sh',
    `env -0 > '${home}/env'`,
    `printf '%s\\0' "$@" > '${home}/args'`,
    `tee '${home}/stdin' | '${file}' "$@"`,
  ]
  writeFileSync(spy, `${lines.join('\n')}\n`)
  chmodSync(spy, 0o755)
  return spy
}

/** What the spy saw, without Holdfast's marks; nothing before it ran. */
function bareOf(home: string, file: string, fallback: Readonly<Record<string, string>>): Invocation {
  const read = (name: string): string => {
    try {
      return readFileSync(join(home, name), 'utf8')
    } catch {
      return ''
    }
  }
  const list = (name: string): string[] => read(name).split('\0').slice(0, -1)
  const env = list('env').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  const seen = Object.fromEntries(env.filter(([name = '']) => !name.startsWith('HOLDFAST_'))) as Record<
    string,
    string
  >
  return { file, args: list('args'), env: env.length === 0 ? fallback : seen, stdin: read('stdin') }
}

/** Processor time of all children that were waited for, theirs included; from /proc, in milliseconds. */
function childrenCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const ticks = Number(fields[13]) + Number(fields[14])
  return ticks * (1000 / TICKS_PER_SECOND)
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
