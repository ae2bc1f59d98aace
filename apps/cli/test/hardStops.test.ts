import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { repository, start, withWorkflow } from './world.ts'

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url))

/** A shell step with a child of its own; it writes down both process ids, and ends at once when `go` exists. */
const SHELL = `return (await ctx.shell('[ -e .agent/go ] && exit 0; sleep 300 & echo $$ $! > .agent/pids; wait', { name: 'build' })).exitCode`
const FILES = { '.gitignore': '.agent/\n', ...withWorkflow('long', SHELL) }

/** Looks until `look` finds something; only where another process is observed. */
async function eventually<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`never seen: ${what}`)
}

/** The processes of the shell step, once it has said which they are. */
async function stepProcesses(cwd: string): Promise<number[]> {
  const file = join(cwd, '.agent/pids')
  const text = await eventually(
    () => existsSync(file) && /\d+ \d+\n/.exec(readFileSync(file, 'utf8'))?.[0],
    'the step',
  )
  return text.trim().split(' ').map(Number)
}

/** Whether a process works still; one that nobody has collected yet does not. */
function works(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}

interface Shown {
  readonly status: string
  readonly steps: readonly { readonly name: string; readonly attempt_number: number }[]
}

async function latest(cwd: string): Promise<Shown> {
  return JSON.parse((await start(cwd, ['runs', 'show', 'latest', '--json']).ended).stdout) as Shown
}

test('a worker that is stopped in the middle of a shell step leaves no process; another goes on with the attempt', async () => {
  const cwd = repository(FILES)
  const first = start(cwd, ['worker'])
  await first.saw('is ready on')
  await start(cwd, ['run', 'long', '--detach']).ended
  const pids = await stepProcesses(cwd)
  expect(pids.map(works)).toEqual([true, true])
  first.process.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0, signal: null })
  await eventually(() => !pids.some(works), 'the end of the processes')
  expect((await latest(cwd)).status).not.toBe('completed')
  writeFileSync(join(cwd, '.agent/go'), '')
  const second = start(cwd, ['worker'])
  await second.saw(/\(long\) completed/)
  second.process.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
  expect(await latest(cwd)).toMatchObject({
    status: 'completed',
    steps: [{ name: 'build', attempt_number: 1 }],
  })
})

test('after kill -9 of its worker a run is shown as left, until resume takes it over', async () => {
  const cwd = repository(FILES)
  const worker = start(cwd, ['worker'])
  await worker.saw('is ready on')
  await start(cwd, ['run', 'long', '--detach']).ended
  await stepProcesses(cwd)
  const during = await start(cwd, ['runs', 'show', 'latest']).ended
  expect(during.stdout).toContain(`Process ${worker.process.pid} executes it.`)
  worker.process.kill('SIGKILL')
  await worker.ended
  const shown = await start(cwd, ['runs', 'show', 'latest']).ended
  expect(shown.stdout).toMatch(
    new RegExp(
      `Its worker \\(process ${worker.process.pid}\\) is gone; the next one takes it over\\.[^]*holdfast resume \\w+`,
    ),
  )
  const json = (await start(cwd, ['runs', 'show', 'latest', '--json']).ended).stdout
  expect(JSON.parse(json)).toMatchObject({
    status: 'running',
    owner: { state: 'gone', pid: worker.process.pid },
  })
  expect((await start(cwd, ['runs', 'list']).ended).stdout).toMatch(/long +running .*its worker is gone/)
  const list = (await start(cwd, ['runs', 'list', '--json']).ended).stdout
  expect(JSON.parse(list)).toMatchObject([{ owner: { state: 'gone' } }])
  writeFileSync(join(cwd, '.agent/go'), '')
  expect(await start(cwd, ['resume', 'latest']).ended).toMatchObject({ code: 0, stdout: '0\n' })
  expect(JSON.parse((await start(cwd, ['runs', 'show', 'latest', '--json']).ended).stdout)).toMatchObject({
    status: 'completed',
    owner: null,
  })
})

/** A program of the system, not of a package. */
const PSEUDO_TERMINAL = 'script'
const SCRIPT = spawnSync(PSEUDO_TERMINAL, ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0

/** `holdfast run long` at a pseudo terminal of 100 columns, by script(1). */
function atPseudoTerminal(cwd: string): {
  readonly ended: Promise<number | null>
  type(keys: string): void
  saw(text: string): Promise<unknown>
} {
  const command = `stty cols 100 rows 40; exec '${process.execPath}' --conditions=source '${BIN}' run long`
  const env = { ...process.env, TERM: 'xterm', HOLDFAST_STORE: '', CI: '' }
  const child = spawn(PSEUDO_TERMINAL, ['-qec', command, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
  })
  return {
    ended,
    type: (keys) => void child.stdin.write(keys),
    saw: (text) => eventually(() => stripVTControlCharacters(shown).includes(text), text),
  }
}

// Only where script(1) of util-linux can make a pseudo terminal.
test.skipIf(!SCRIPT)(
  'Ctrl-C at a terminal asks; to park and leave ends the step and keeps the run',
  async () => {
    const cwd = repository(FILES)
    const terminal = atPseudoTerminal(cwd)
    const pids = await stepProcesses(cwd)
    terminal.type('\u0003')
    await terminal.saw('Park and leave')
    terminal.type('\r')
    expect(await terminal.ended).toBe(130)
    await terminal.saw(' resume ')
    await eventually(() => !pids.some(works), 'the end of the processes')
    writeFileSync(join(cwd, '.agent/go'), '')
    expect(await start(cwd, ['resume', 'latest']).ended).toMatchObject({ code: 0, stdout: '0\n' })
    expect((await latest(cwd)).steps).toMatchObject([{ attempt_number: 1 }])
  },
)

// Only where script(1) of util-linux can make a pseudo terminal.
test.skipIf(!SCRIPT)('Ctrl-C twice at a terminal kills the run and its processes', async () => {
  const cwd = repository(FILES)
  const terminal = atPseudoTerminal(cwd)
  const pids = await stepProcesses(cwd)
  terminal.type('\u0003')
  await terminal.saw('Park and leave')
  terminal.type('\u0003')
  expect(await terminal.ended).toBe(130)
  await terminal.saw('Killing the run.')
  await eventually(() => !pids.some(works), 'the end of the processes')
  expect((await latest(cwd)).status).toBe('killed')
})

test('a shell step does not see the variables of Holdfast itself', async () => {
  const cwd = repository({
    '.gitignore': '.agent/\n',
    ...withWorkflow(
      'env',
      `return (await ctx.shell('env', { name: 'env' })).stdout.split('\\n').filter((line) => /^(HOLDFAST_STORE|PLAIN)=/.test(line))`,
    ),
  })
  const store = `sqlite:${join(cwd, '.agent/else.db')}`
  const { stdout } = await start(cwd, ['run', 'env'], { HOLDFAST_STORE: store, PLAIN: 'seen' }).ended
  expect(JSON.parse(stdout)).toEqual(['PLAIN=seen'])
})
