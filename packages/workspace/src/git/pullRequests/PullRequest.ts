import type { PullRequestText } from '@holdfast/workflow-sdk'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '../../processes/environment.ts'
import type { HostedRepository } from '../remotes.ts'

/** Everything that a way to open a pull request needs. */
export interface PullRequestJob {
  readonly repository: HostedRepository
  readonly branch: string
  readonly text: PullRequestText
  /** Folder of the work tree. */
  readonly cwd: string
  readonly environment: Environment
  readonly killAfterMs: number
  readonly scope: GitScope | undefined
}

/** `created` is false when an open pull request of the branch was there already. */
export interface OpenedPullRequest {
  readonly created: boolean
  readonly url: string
}
