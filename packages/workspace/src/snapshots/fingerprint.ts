import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Repository } from '../git/Repository.ts'
import { resolveRevision } from '../git/revisions.ts'

/** SHA-256 of what a tree has at and below paths relative to the workspace. See `WorkspacePort.fingerprint`. */
export async function fingerprint(
  repository: Repository,
  treeId: string,
  paths: readonly string[],
): Promise<string> {
  const tree = await resolveRevision(repository, treeId, 'tree')
  const wanted = paths.map((path) => posix.join(repository.prefix, inside(path)))
  // Paths of ls-tree are plain prefixes, not patterns; "." is everything and has no prefix.
  const below = wanted.includes('.') ? [] : wanted
  const { stdout } = await repository.read(['ls-tree', '-r', '-z', '--full-tree', tree, '--', ...below])
  return createHash('sha256').update(stdout).digest('hex')
}

function inside(path: string): string {
  const plain = posix.normalize(path).replace(/\/$/, '')
  if (plain !== '..' && !plain.startsWith('../') && !posix.isAbsolute(plain)) return plain
  const message = `The path ${JSON.stringify(path)} leaves the workspace. Use a path relative to it.`
  throw new WorkflowError('PATH_OUTSIDE_WORKSPACE', message, { details: { path } })
}
