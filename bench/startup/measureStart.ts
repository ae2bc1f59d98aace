import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BenchOptions } from '../driver/options.ts'
import type { Figures } from '../workloads/Measurement.ts'

const COMMAND = resolve(import.meta.dirname, '../../apps/cli/bin/holdfast.js')

/** A workflow whose only step writes down when it ran, in milliseconds since 1970. */
const TEMPLATE = `import { writeFileSync } from 'node:fs'
import { createWorkflow } from 'holdfast'

export default createWorkflow({ name: 'first' }, async (ctx) => {
  await ctx.run('first', () => {
    writeFileSync(process.env['BENCH_FIRST_STEP'], String(performance.timeOrigin + performance.now()))
  })
})
`

/**
 * From starting the command \`holdfast run\` in a git repository to the body of the first step, with everything
 * that a person's run has. The second run counts: the machine is warm, the workflow known.
 */
export async function measureStart({ root, nodeOptions }: BenchOptions): Promise<Figures> {
  mkdirSync(root, { recursive: true })
  const folder = mkdtempSync(join(root, 'START-'))
  try {
    const project = makeProject(folder, nodeOptions)
    await firstStepAfterMs(project, nodeOptions)
    return { firstStepMs: await firstStepAfterMs(project, nodeOptions) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeProject(folder: string, nodeOptions: readonly string[]): string {
  const project = join(folder, 'project')
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-C', project, ...args], { stdio: 'pipe' })
  mkdirSync(project)
  git('init', '--quiet')
  execFileSync(process.execPath, [...nodeOptions, COMMAND, 'init', project], { stdio: 'pipe' })
  const templates = join(project, '.agent/workflows/templates')
  mkdirSync(templates, { recursive: true })
  writeFileSync(join(templates, 'first.ts'), TEMPLATE)
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

async function firstStepAfterMs(project: string, nodeOptions: readonly string[]): Promise<number> {
  const mark = join(project, '../first-step')
  const began = performance.timeOrigin + performance.now()
  const child = spawn(process.execPath, [...nodeOptions, COMMAND, 'run', 'first', '--project', project], {
    env: { ...process.env, BENCH_FIRST_STEP: mark },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let printed = ''
  child.stderr.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4000)))
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done))
  if (code !== 0) throw new Error(`\`holdfast run\` ended with ${String(code)}. It printed:\n${printed}`)
  return Number(readFileSync(mark, 'utf8')) - began
}
