import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentPort } from '@holdfast/workflow-sdk/ports'
import { discover } from '../discovery/discover.ts'
import { findProjectRoot } from '../project/findProjectRoot.ts'
import { checkModels } from './checkModels.ts'
import { inspectAgents, type InspectAgentsOptions } from './inspectAgents.ts'
import { openProject, type OpenProject, type OpenProjectOptions } from '../project/openProject.ts'

/** One thing that was looked at. */
export interface DoctorCheck {
  /** Short and stable, e.g. `node`, `agent:claude`, `template:.agent/workflows/templates/a.ts`. */
  readonly name: string
  /** `problem`: Holdfast cannot work; `warning`: a part of it cannot. */
  readonly status: 'ok' | 'warning' | 'problem'
  /** One sentence with what was found. */
  readonly detail: string
  /** What to do, or null when nothing is wrong. */
  readonly remedy: string | null
}

const run = promisify(execFile)

/** Looks at everything that Holdfast needs on this machine and in this project. Never throws for what it finds. */
export async function doctor(
  options: OpenProjectOptions & { readonly agents?: AgentPort } = {},
): Promise<readonly DoctorCheck[]> {
  const root = findProjectRoot(options.projectPath ?? process.cwd())
  const checks = [checkNode(), ...(await checkGit(root))]
  const opened = await openProject(options).catch((error: unknown) => error)
  if (isProject(opened)) {
    try {
      checks.push(await checkStore(opened))
      checks.push(...(await checkTemplates(opened)))
      checks.push(...(await checkModels(opened, options.env ?? process.env)))
    } finally {
      await opened.close()
    }
  } else {
    checks.push(notOpened(opened))
  }
  return [...checks, ...(await checkAgents(options))]
}

function notOpened(error: unknown): DoctorCheck {
  const code = WorkflowError.is(error) ? error.code : 'INTERNAL'
  const [name, remedy] = code.startsWith('STORE_')
    ? ['store', 'Set HOLDFAST_STORE or store in holdfast.config.ts, or repair the store.']
    : code === 'PATH_OUTSIDE_PROJECT'
      ? ['links', 'Remove the link.']
      : ['config', 'Correct holdfast.config.ts.']
  return { name, status: 'problem', detail: String(error), remedy }
}

function checkNode(): DoctorCheck {
  return ok('node', `Node.js ${process.versions.node}.`)
}

async function checkGit(root: string): Promise<DoctorCheck[]> {
  let version
  try {
    version = (await run('git', ['--version'])).stdout.trim()
  } catch {
    const remedy = 'Install git and put it on PATH.'
    return [{ name: 'git', status: 'problem', detail: 'git cannot be started.', remedy }]
  }
  const found = ok('git', `${version}.`)
  try {
    const { stdout } = await run('git', ['rev-parse', '--show-toplevel'], { cwd: root })
    return [found, ok('repository', `The project ${root} lies in the repository ${stdout.trim()}.`)]
  } catch {
    const remedy = `Make it one with: git init ${root}`
    return [found, { name: 'repository', status: 'problem', detail: `${root} is no git repository.`, remedy }]
  }
}

/** A store in files looks at every run of its folder when it is opened. */
async function checkStore({ store }: OpenProject): Promise<DoctorCheck> {
  const { description } = store
  const { total, totalExact } = await store.listWorkflowRuns({ limit: 1 })
  if (totalExact || !description.startsWith('file:')) return ok('store', `The store ${description} answers.`)
  return {
    name: 'store',
    status: 'warning',
    detail: `The store ${description} holds more than ${total} runs; one in files is made for at most so many, and grows slow.`,
    remedy: 'Delete runs that nobody needs, or use sqlite:PATH.',
  }
}

async function checkTemplates({ store, project }: OpenProject): Promise<DoctorCheck[]> {
  const { workflows, problems } = await discover(store, project)
  const names = workflows.map((workflow) => workflow.name).join(', ')
  const summary: DoctorCheck =
    workflows.length > 0
      ? ok('workflows', `${workflows.length} found: ${names}.`)
      : {
          name: 'workflows',
          status: 'warning',
          detail: 'The project has none.',
          remedy: 'Run: holdfast init',
        }
  const broken = problems.map((problem): DoctorCheck => ({
    name: `template:${problem.file}`,
    status: 'warning',
    detail: `${problem.file}:${problem.line ?? 1} ${problem.reason}.`,
    remedy: 'Correct the file; the other workflows are not affected.',
  }))
  return [summary, ...broken]
}

async function checkAgents(options: InspectAgentsOptions): Promise<DoctorCheck[]> {
  const found = await inspectAgents(options)
  return found.map((agent): DoctorCheck => {
    const name = `agent:${agent.name}`
    const { installed, version, signedIn, detail } = agent
    if (!installed) return { name, status: 'warning', detail, remedy: 'Install it, if workflows use it.' }
    if (signedIn === false)
      return { name, status: 'warning', detail, remedy: 'Sign in with its own program.' }
    return ok(name, `${version === null ? '' : `${version}. `}${detail}`)
  })
}

function ok(name: string, detail: string): DoctorCheck {
  return { name, status: 'ok', detail, remedy: null }
}

function isProject(value: unknown): value is OpenProject {
  return typeof value === 'object' && value !== null && 'store' in value && 'paths' in value
}
