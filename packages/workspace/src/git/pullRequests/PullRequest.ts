import type { PullRequestText } from '@holdfast/workflow-sdk'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '../../processes/environment.ts'
import type { HostedRepository } from '../remotes.ts'

/** Everything that a request to the forge of a repository needs. */
export interface ForgeJob {
  readonly repository: HostedRepository
  /** Folder of the work tree. */
  readonly cwd: string
  readonly environment: Environment
  readonly killAfterMs: number
  readonly scope: GitScope | undefined
}

/** Everything that a way to open a pull request needs. */
export interface PullRequestJob extends ForgeJob {
  readonly branch: string
  readonly text: PullRequestText
}

/** `created` is false when an open pull request of the branch was there already, and not made by this step. */
export interface OpenedPullRequest {
  readonly created: boolean
  readonly url: string
}
