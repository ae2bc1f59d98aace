import { branchExists } from '../git/branches.ts'
import type { Repository } from '../git/Repository.ts'

/**
 * The branch of a workspace: `holdfast/` and the last twelve letters and digits of its id, which are random in
 * every kind of UUID. Where a branch `holdfast` takes the place of the folder, a dash stands for the slash.
 */
export async function ownBranch(repository: Repository, workspaceId: string): Promise<string> {
  const short = workspaceId.replaceAll(/[^A-Za-z0-9]/g, '').slice(-12)
  return (await branchExists(repository, 'holdfast')) ? `holdfast-${short}` : `holdfast/${short}`
}
