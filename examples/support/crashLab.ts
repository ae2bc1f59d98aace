import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CrashPlan } from '@holdfast/engine/testing'
import { executionView } from '@holdfast/runtime'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { endProcesses, RUN_VARIABLE } from '@holdfast/workspace'
import type { CrashingRun } from './crashingRun.ts'
import { git, type Project } from './projects.ts'
import { withStore } from './withStore.ts'

const PROGRAM = fileURLToPath(new URL('./crashingRun.ts', import.meta.url))

/** The run of every laboratory project; drawn, as processes are ended by it and other test runs have theirs beside them. */
export const RUN_ID = `019a0000-0000-7000-8000-${randomBytes(6).toString('hex')}`

/** Input of every laboratory run. */
export const INPUT = {
  featureName: 'slugify',
  specPath: 'specs/slugify.md',
  planner: 'replay',
  implementer: 'replay',
} as const

/**
 * Runs `simple-sdlc` in a process of its own, from where it is to its end. Answers the names of its writes in
 * order, or null when it died at the planned one.
 */
export async function runInProcess(
  project: Project,
  plan: CrashPlan | null,
): Promise<readonly string[] | null> {
  const writesPath = path.join(project.folder, 'writes.json')
  const task: CrashingRun = { projectPath: project.path, runId: RUN_ID, input: INPUT, plan, writesPath }
  const child = spawn(process.execPath, ['--conditions=source', PROGRAM, JSON.stringify(task)], {
    env: { ...process.env, ...project.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  // Not "close": orphans that a crash leaves behind may still hold the pipe.
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>(
    (resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve({ code, signal }))
    },
  )
  child.stderr.destroy()
  if (signal === 'SIGKILL' && plan !== null) return null
  if (code !== 0) throw new Error(`The run's process left with ${code ?? signal}: ${said}`)
  return JSON.parse(await readFile(writesPath, 'utf8')) as readonly string[]
}

/** Keys of the steps that are finished in the journal now. */
export async function finishedSteps(project: Project): Promise<ReadonlySet<string>> {
  const events = await journalOf(project)
  return new Set(events.flatMap((event) => (event.type === 'step.completed' ? [event.payload.key] : [])))
}

/** Ends what is left of the run's processes and answers how many there were. */
export async function processesLeft(): Promise<number> {
  return endProcesses({ variable: { name: RUN_VARIABLE, value: RUN_ID }, known: [] })
}

/** All that a run left behind and that must be the same whatever happened on the way. */
export async function factsOf(project: Project) {
  const [run, usage] = await withStore(project, async (store) => [
    await executionView(store, RUN_ID),
    await store.listLlmUsage({ runId: RUN_ID }),
  ])
  const commit = git(project.path, 'rev-parse', 'feature/slugify')
  const output = run.output as { readonly pullRequest: Readonly<Record<string, unknown>> }
  const { commit: published, artifactId: _, ...pullRequest } = output.pullRequest
  return {
    status: run.status,
    output: { ...output, pullRequest: { ...pullRequest, isHead: published === commit } },
    state: run.state,
    finished: [...(await finishedSteps(project))].toSorted(),
    again: ranAgain(await journalOf(project)),
    steps: run.steps.map(({ step_number: number, name, status }) => `${number} ${name} ${status}`),
    comments: run.comments.map(({ message }) => message),
    approvals: run.approvals.map(({ name, kind, status }) => `${name} ${kind} ${status}`),
    artifacts: run.artifacts.map(
      ({ name, type, storage_path: at }) => `${name} ${type} ${existsSync(path.join(project.path, at))}`,
    ),
    usage: run.usage,
    calls: usage.length,
    git: { ...run.git, initial_commit: null, final_commit: run.git.final_commit === commit, repo: null },
    commits: git(project.path, 'log', '--format=%s', 'main..feature/slugify').split('\n'),
    pushed: git(project.remote, 'rev-parse', 'feature/slugify') === commit,
    tree: git(project.path, 'status', '--porcelain'),
    code: await readFile(path.join(project.path, 'src/slugify.js'), 'utf8'),
    tests: await readFile(path.join(project.path, 'test/slugify.test.js'), 'utf8'),
  }
}

/** Steps of which the journal tells anything after they were finished. */
function ranAgain(events: readonly JournalEvent[]): string[] {
  const finished = new Set<string>()
  const again: string[] = []
  for (const event of events) {
    if (!event.type.startsWith('step.')) continue
    const { key } = event.payload as { readonly key: string }
    if (finished.has(key)) again.push(key)
    if (event.type === 'step.completed') finished.add(key)
  }
  return again
}

async function journalOf(project: Project): Promise<readonly JournalEvent[]> {
  if (!existsSync(path.join(project.path, '.agent/holdfast.db'))) return []
  return withStore(project, async (store) =>
    (await store.findWorkflowRun(RUN_ID)) === null ? [] : store.listWorkflowEvents({ runId: RUN_ID }),
  )
}
