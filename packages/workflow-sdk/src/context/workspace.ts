import type { Duration } from '../values/duration.ts'
import type { Approval } from './people.ts'
import type { CallOptions, StepOptions, TreeOptions } from './options.ts'

/** Options of `ctx.shell`. */
export interface ShellOptions extends StepOptions, TreeOptions {
  /** Folder relative to the workspace. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Text for the command's standard input. */
  readonly stdin?: string
  /** Whether an exit code other than 0 is a result instead of an error. */
  readonly allowFailure?: boolean
  /** Bytes of each of stdout and stderr that are kept; default 1 MiB. More is cut in the middle and marked. */
  readonly maxOutputBytes?: number
  readonly timeoutMs?: Duration
}

/** What a command printed and how it ended. */
export interface ShellResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** How git sees one changed file. */
export interface GitFileStatus {
  readonly path: string
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'untracked' | 'conflicted'
}

/** How a merge went. */
export interface GitMerge {
  readonly merged: boolean
  /** The commit that holds both sides; null while there are conflicts. */
  readonly hash: string | null
  /** Paths of the files to resolve, as git has them. */
  readonly conflicts: readonly string[]
}

/** Git in the workspace; each call is a step. */
export interface GitContext {
  /** Switches to the branch; makes it from `from` (default HEAD) when it does not exist. */
  ensureBranch(
    name: string,
    options?: CallOptions & { readonly from?: string },
  ): Promise<{ readonly name: string; readonly created: boolean }>
  getCurrentBranch(options?: CallOptions): Promise<string>
  getCurrentCommit(options?: CallOptions): Promise<string>
  stageAll(options?: CallOptions): Promise<void>
  /** Commits; `all` (default) stages everything first. Nothing to commit is `{ committed: false, hash: null }`. */
  commit(
    message: string,
    options?: CallOptions & { readonly all?: boolean },
  ): Promise<{ readonly committed: boolean; readonly hash: string | null }>
  /**
   * Merges a branch or commit into the current branch, always with a commit; what is in it already is merged. Where
   * both sides changed the same lines nothing is committed: `conflicts` names the files, which hold both sides
   * between git's marks. Resolve them, then `commit`.
   */
  merge(from: string, options?: CallOptions & { readonly message?: string }): Promise<GitMerge>
  /** Pushes the branch, never by force. What the remote has already is a success. */
  push(
    options?: CallOptions & Guarded & { readonly remote?: string; readonly branch?: string },
  ): Promise<{ readonly pushed: boolean; readonly remote: string; readonly branch: string }>
  /** Opens a pull request, or keeps its text as an artifact where neither `gh` nor a token is at hand. */
  createPr(options: CallOptions & Guarded & PullRequestText): Promise<PullRequestResult>
  /** Writes a comment below a pull request, once; its text is kept as an artifact where nobody can write it. */
  commentPr(options: CallOptions & Guarded & PullRequestCommentText): Promise<PullRequestResult>
  status(options?: CallOptions): Promise<{
    readonly branch: string | null
    readonly clean: boolean
    readonly files: readonly GitFileStatus[]
  }>
  diff(options?: CallOptions & { readonly from?: string; readonly to?: string }): Promise<{
    readonly patch: string
    readonly added: number
    readonly removed: number
    readonly files: number
  }>
}

/** Words of a pull request. */
export interface PullRequestText {
  readonly title: string
  readonly body: string
  /** Branch to merge into; default the remote's default branch. */
  readonly base?: string
  readonly draft?: boolean
}

/** A comment below a pull request. */
export interface PullRequestCommentText {
  /** Markdown. */
  readonly body: string
  /** Number or address of the pull request; default the open one of the branch that is checked out. */
  readonly pr?: number | string
}

/** An effect that leaves the machine only as long as an approval holds. */
export interface Guarded {
  /**
   * What `ctx.approve` answered. The effect fails with `APPROVAL_REQUIRED` when that is no yes, and with
   * `APPROVAL_CHANGED` when the files are not those any more that were approved.
   */
  readonly requires?: Approval
}

/** How a pull request, or a comment below one, was made, and where it is. */
export interface PullRequestResult {
  readonly created: boolean
  readonly url: string | null
  readonly via: 'gh' | 'api' | 'artifact'
  readonly artifactId?: string
}

/** Files of the workspace; each call is a step. A path that leaves the workspace is an error. */
export interface FilesContext {
  read(path: string, options?: CallOptions): Promise<string>
  write(path: string, content: string, options?: CallOptions): Promise<void>
  exists(path: string, options?: CallOptions): Promise<boolean>
  delete(path: string, options?: CallOptions): Promise<void>
  /** Paths of files below `path`, relative to the workspace, sorted; without those git ignores. */
  list(path?: string, options?: CallOptions): Promise<readonly string[]>
  copy(from: string, to: string, options?: CallOptions): Promise<void>
}
