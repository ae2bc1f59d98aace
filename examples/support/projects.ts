import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url))

/** Folders of the lessons with agents, by the name of their workflow. */
const LESSONS = {
  'simple-sdlc': '02-simple-sdlc/project',
  'build-feature': '03-build-feature/project',
  'full-sdlc': '04-full-sdlc/project',
} as const

/** A copy of an example in a git repository with a bare remote. */
export interface Project {
  /** Holds the repository, its remote and the sessions of replayed agents. */
  readonly folder: string
  readonly path: string
  /** Folder of the bare remote `origin`. */
  readonly remote: string
  /** Variables for every process that works on it: agents keep their sessions below {@link folder}. */
  readonly env: Readonly<Record<string, string>>
}

/** `01-hello` in a new repository, removed when the test ends. */
export async function helloProject(): Promise<Project> {
  return made('01-hello', async () => {})
}

/** As {@link sampleProject}. */
export async function sdlcProject(): Promise<Project> {
  return sampleProject('simple-sdlc')
}

/**
 * The project of a lesson with agents in a new repository, removed when the test ends. Its agent replays without
 * delays, and its tests share a process. `change` is called before the first commit.
 */
export async function sampleProject(
  workflow: keyof typeof LESSONS,
  change: (project: string) => Promise<void> = async () => {},
): Promise<Project> {
  return made(LESSONS[workflow], async (project) => {
    await replaceIn(project, `.agent/recordings/${workflow}.json`, /"delayMs": \d+/g, '"delayMs": 0')
    await replaceIn(project, 'package.json', /node --test/g, 'node --test --test-isolation=none')
    await change(project)
  })
}

/** The project of `05-triage` in a new repository, whose models are those of a server that speaks Chat Completions. */
export async function triageProject(serverUrl: string): Promise<Project> {
  return made('05-triage', async (project) => {
    const config = {
      models: { default: 'house/small', providers: { house: { baseUrl: `${serverUrl}/v1` } } },
    }
    await writeFile(path.join(project, 'holdfast.config.ts'), `export default ${JSON.stringify(config)}\n`)
  })
}

/** Replaces text in a file of a project. */
export async function replaceIn(project: string, name: string, what: RegExp, by: string): Promise<void> {
  const file = path.join(project, name)
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll(what, by))
}

/** Another copy of a project that no run has touched yet, removed when the test ends. */
export async function copyOf(original: Project): Promise<Project> {
  const copy = await emptyProject()
  await cp(original.folder, copy.folder, { recursive: true })
  git(copy.path, 'remote', 'set-url', 'origin', copy.remote)
  return copy
}

/** What git prints, without the last line end. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd()
}

async function made(example: string, change: (project: string) => Promise<void>): Promise<Project> {
  const project = await emptyProject()
  await cp(path.join(EXAMPLES, example), project.path, { recursive: true })
  await change(project.path)
  git(project.folder, 'init', '--quiet', '--bare', '--initial-branch=main', project.remote)
  git(project.path, 'init', '--quiet', '--initial-branch=main')
  // No housekeeping beside the work: it is nothing that these projects are about.
  for (const folder of [project.path, project.remote]) {
    git(folder, 'config', 'gc.auto', '0')
    git(folder, 'config', 'maintenance.auto', 'false')
    git(folder, 'config', 'receive.autogc', 'false')
  }
  git(project.path, 'config', 'user.name', 'Tester')
  git(project.path, 'config', 'user.email', 'tester@example.invalid')
  git(project.path, 'add', '--all')
  git(project.path, 'commit', '--quiet', '--message', 'Begin')
  git(project.path, 'remote', 'add', 'origin', project.remote)
  git(project.path, 'push', '--quiet', '--set-upstream', 'origin', 'main')
  return project
}

async function emptyProject(): Promise<Project> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'holdfast-example-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return {
    folder,
    path: path.join(folder, 'project'),
    remote: path.join(folder, 'remote.git'),
    env: { HOLDFAST_STORE: '', HOLDFAST_REPLAY_STATE: path.join(folder, 'sessions') },
  }
}
