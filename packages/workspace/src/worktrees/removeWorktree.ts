import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Repository } from '../git/Repository.ts'

/** Removes a worktree, also one that is half made or half removed; its branch stays. */
export async function removeWorktree(project: Repository, root: string): Promise<void> {
  // Given twice, force also removes what is locked, as a worktree is while git makes it.
  const args = ['worktree', 'remove', '--force', '--force', '--', root]
  const answer = await project.write(args, { accept: [0, 128] })
  if (existsSync(root)) await rm(root, { recursive: true, force: true })
  if (answer.exitCode === 0) return
  await project.write(['worktree', 'unlock', '--', root], { accept: [0, 128] })
  await project.write(['worktree', 'prune', '--expire=now'])
}
