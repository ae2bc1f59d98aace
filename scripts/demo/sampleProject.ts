import { execFileSync } from 'node:child_process'
import { cp, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Example } from './examples.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))

/** The project of an example as a git repository with one commit and a bare remote, in a new temporary folder. Answers its path. */
export async function makeSampleProject(example: Pick<Example, 'project'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'))
  const project = join(folder, 'text-tools')
  const remote = join(folder, 'remote.git')
  await cp(join(EXAMPLES, example.project), project, { recursive: true })
  const git = (...args: string[]): void =>
    void execFileSync('git', args, { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote])
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.name', 'Holdfast demo')
  git('config', 'user.email', 'demo@example.invalid')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'Begin')
  git('remote', 'add', 'origin', remote)
  git('push', '--quiet', '--set-upstream', 'origin', 'main')
  return project
}
