import { readdir } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { FoundWorkspace, LeftBranch, WorkspaceInventory } from '@holdfast/workflow-sdk/ports'
import { openRepository, type Repository } from '../git/Repository.ts'
import type { WorkspaceSettings } from '../worktrees/prepareWorkspace.ts'
import { WORKTREES_FOLDER } from '../worktrees/prepareWorktree.ts'
import { inspectWorkspace } from './inspectWorkspace.ts'
import { keptTrees } from './keptTrees.ts'

/** What a project's repository and folders hold of workspaces. See `WorkspaceCarePort.inventory`. */
export async function inventory(
  settings: WorkspaceSettings,
  projectPath: string,
  asked: readonly { readonly path: string; readonly kind: 'worktree' | 'temporary' }[],
): Promise<WorkspaceInventory> {
  const project = await openRepository(settings, projectPath)
  const home = join(projectPath, WORKTREES_FOLDER)
  const known: FoundWorkspace[] = []
  for (const one of asked) known.push(await inspectWorkspace(settings, { ...one, path: topOf(home, one) }))
  const names = await readdir(home).catch(() => [])
  const paths = new Set(known.map(({ path }) => path))
  const others: FoundWorkspace[] = []
  for (const path of names.map((name) => join(home, name)))
    if (!paths.has(path)) others.push(await inspectWorkspace(settings, { path, kind: 'worktree' }))
  return { known, others, branches: await leftBranches(project), trees: await keptTrees(project) }
}

/** A project in a folder of its repository works in that folder of the worktree. */
function topOf(home: string, { path, kind }: { readonly path: string; readonly kind: string }): string {
  const plain = resolve(path)
  if (kind !== 'worktree' || !plain.startsWith(home + sep)) return plain
  return join(home, plain.slice(home.length + 1).split(sep)[0] ?? '')
}

/** Branches with the name of a workspace's own that no work tree has checked out. */
async function leftBranches(project: Repository): Promise<LeftBranch[]> {
  const { stdout } = await project.read([
    'for-each-ref',
    '--format=%(refname:short) %(objectname) %(worktreepath)',
    'refs/heads/holdfast/',
    'refs/heads/holdfast-*',
  ])
  const left: LeftBranch[] = []
  for (const line of stdout.split('\n')) {
    const [name = '', commit = '', place = ''] = line.split(' ')
    if (place !== '' || !/^holdfast[/-][A-Za-z0-9]{12}$/.test(name)) continue
    const others = ['--not', `--exclude=refs/heads/${name}`, '--branches', '--remotes', '--tags', 'HEAD']
    const counted = await project.read(['rev-list', '--count', commit, ...others], { accept: [0, 128] })
    left.push({ name, commit, onlyHere: counted.exitCode === 0 ? Number(counted.stdout) : 1 })
  }
  return left
}
