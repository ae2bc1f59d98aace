import { existsSync } from 'node:fs'
import { readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FoundWorkspace } from '@holdfast/workflow-sdk/ports'
import { isInside } from '../files/resolveInside.ts'
import { headBranch, headCommit, openRepository } from '../git/Repository.ts'
import { status } from '../git/status.ts'
import { parentEnvironment } from '../processes/environment.ts'
import { runProgram } from '../processes/runProgram.ts'
import type { WorkspaceSettings } from '../worktrees/prepareWorkspace.ts'
import { readMark } from '../worktrees/prepareWorktree.ts'

/** How a workspace is: whole or not, what would go with it, and who works in it. */
export async function inspectWorkspace(
  settings: WorkspaceSettings,
  { path, kind }: { readonly path: string; readonly kind: 'worktree' | 'temporary' },
): Promise<FoundWorkspace> {
  const found = await stat(path).catch(() => null)
  const bare = { path, kind, branch: null, sizeBytes: null, uncommitted: 0, onlyHere: 0, pids: [] }
  if (found === null || !found.isDirectory()) return { ...bare, made: 'gone', changedAt: null }
  const [sizeBytes, pids] = await Promise.all([sizeOf(settings, path), pidsIn(path)])
  const common = { changedAt: found.mtime.toISOString(), sizeBytes, pids }
  const isMade = kind === 'temporary' || (await readMark(settings, path)) !== null
  const repository = isMade ? await openRepository(settings, path).catch(() => null) : null
  if (repository?.root !== (await realpath(path))) {
    // What git began to make has a `.git` first; of a folder without one nothing is known.
    const uncommitted = existsSync(join(path, '.git')) ? 0 : (await readdir(path)).length
    return { ...bare, ...common, uncommitted, made: 'half' }
  }
  const [branch, head, { files }] = await Promise.all([
    headBranch(repository),
    headCommit(repository),
    status(repository),
  ])
  // Branches of a worktree stay in the project's repository; those of a clone go with it.
  const [from, without] =
    kind === 'worktree' ? [[], ['--branches', '--remotes', '--tags']] : [['--branches'], ['--remotes']]
  const args = ['rev-list', '--count', ...(head === null ? [] : [head]), ...from, '--not', ...without]
  const counted = await repository.read(args, { accept: [0, 128, 129] })
  const onlyHere = counted.exitCode === 0 ? Number(counted.stdout) : 0
  return { ...bare, ...common, made: 'whole', branch, uncommitted: files.length, onlyHere }
}

async function sizeOf(settings: WorkspaceSettings, path: string): Promise<number | null> {
  const { killAfterMs, environment } = settings
  const env = parentEnvironment({ LC_ALL: 'C' }, environment)
  try {
    const args = ['-sk', '--', path]
    const { stdout } = await runProgram({ file: 'du', args, cwd: path, env, marker: null, killAfterMs })
    const kilobytes = Number.parseInt(stdout, 10)
    return Number.isNaN(kilobytes) ? null : kilobytes * 1024
  } catch {
    return null
  }
}

/** Processes whose folder lies in it, where the system shows that (Linux). */
async function pidsIn(path: string): Promise<number[]> {
  const real = await realpath(path)
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const there = await Promise.all(
    pids.map(async (pid) => isInside(real, await readlink(`/proc/${pid}/cwd`).catch(() => '/'))),
  )
  return pids.filter((_, at) => there[at] === true).map(Number)
}
