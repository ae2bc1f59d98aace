import type { WorkspaceCarePort } from './workspaces.ts'
import type { FileStat, GitFacts } from '../journal/git.ts'
import type { ProcessIdentity } from '../journal/payloads.ts'
import type {
  GitFileStatus,
  GitMerge,
  PullRequestCommentText,
  PullRequestText,
  ShellResult,
} from '../context/workspace.ts'

/** What a workspace is made from. */
export interface PrepareWorkspace {
  readonly runId: string
  readonly workspaceId: string
  readonly projectPath: string
  readonly kind: 'project' | 'worktree' | 'temporary'
  /** Accept uncommitted changes in a workspace of kind `project`. */
  readonly allowDirty: boolean
  /**
   * Files to begin with, for a worktree: those of the kept `commit`, on a branch at `head`; null: the repository had
   * no commit, and the kept one is the first.
   */
  readonly from?: { readonly commit: string; readonly head: string | null }
}

/** A workspace that is ready for use. */
export interface PreparedWorkspace {
  readonly workspaceId: string
  readonly kind: 'project' | 'worktree' | 'temporary'
  /** Absolute. */
  readonly path: string
  readonly branch: string | null
  /** Git facts at this moment; `initialCommit` is HEAD, null where there is none. */
  readonly git: GitFacts
  /** What a person should know, e.g. the changed files that a worktree leaves out. */
  readonly notes: readonly string[]
}

/** A workspace that was made some time ago. */
export interface MadeWorkspace {
  /** Absolute. */
  readonly path: string
  readonly kind: PreparedWorkspace['kind']
  /** Branch that it began on. */
  readonly branch: string | null
  /** The last tree of it that was kept, and the step before or after which that was. */
  readonly kept: { readonly ref: string; readonly when: 'before' | 'after'; readonly step: string } | null
}

/** Marks every process of a step so that whoever takes over finds it (5-agents: HOLDFAST_RUN_ID, HOLDFAST_STEP_ID). */
export interface ProcessMarker {
  readonly runId: string
  readonly stepId: string
}

/** A command to run in a workspace. */
export interface ShellRequest {
  /** A text for the shell, or a program with its arguments. */
  readonly command: string | readonly [string, ...string[]]
  readonly workspacePath: string
  /** Relative to the workspace. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly maxOutputBytes?: number
  readonly marker: ProcessMarker
  /** Ends the whole process group: asked first, killed five seconds later. */
  readonly signal: AbortSignal
  readonly onProcess?: (process: ProcessIdentity) => void
  /** Each piece as it is printed. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

/** The step that a git call belongs to: its processes carry the marker and end with the signal. */
export interface GitScope {
  readonly marker: ProcessMarker
  readonly signal: AbortSignal
  readonly onProcess?: (process: ProcessIdentity) => void
}

/**
 * Git commands in a folder. Failures are WorkflowErrors with `GIT_FAILED` and what git said. With a scope, a
 * branch or commit that the same step made before its process died is answered as made.
 */
export interface GitPort {
  ensureBranch(
    path: string,
    name: string,
    from?: string,
    scope?: GitScope,
  ): Promise<{ readonly name: string; readonly created: boolean }>
  getCurrentBranch(path: string, scope?: GitScope): Promise<string>
  getCurrentCommit(path: string, scope?: GitScope): Promise<string>
  stageAll(path: string, scope?: GitScope): Promise<void>
  commit(
    path: string,
    message: string,
    options: { readonly all: boolean },
    scope?: GitScope,
  ): Promise<{ readonly committed: boolean; readonly hash: string | null }>
  /** Conflicts are an answer. A merge of that commit that is under way already is answered, or finished, as it is. */
  merge(path: string, from: string, message: string, scope?: GitScope): Promise<GitMerge>
  /** Pushing what is there already is a success, so a push may be tried again. */
  push(
    path: string,
    options: { readonly remote: string; readonly branch?: string },
    scope?: GitScope,
  ): Promise<{ readonly pushed: boolean; readonly remote: string; readonly branch: string }>
  /**
   * Looks up the pull request that this step made, and an open one of the branch, before it makes one. Without `gh` and token the branch
   * is pushed and `text` is what the caller keeps as an artifact.
   */
  createPr(
    path: string,
    text: PullRequestText,
    scope?: GitScope,
  ): Promise<{
    readonly created: boolean
    readonly url: string | null
    readonly via: 'gh' | 'api' | 'artifact'
    readonly text: string
  }>
  /** Looks up the comment that this step wrote before it writes one. Without `gh` and token only the text is answered. */
  commentPr(path: string, text: PullRequestCommentText, scope?: GitScope): ReturnType<GitPort['createPr']>
  status(
    path: string,
    scope?: GitScope,
  ): Promise<{
    readonly branch: string | null
    readonly clean: boolean
    readonly files: readonly GitFileStatus[]
  }>
  diff(
    path: string,
    range: { readonly from?: string; readonly to?: string },
    scope?: GitScope,
  ): Promise<{
    readonly patch: string
    readonly added: number
    readonly removed: number
    readonly files: number
  }>
}

/** Files below a workspace. Paths that leave it, by `..` or symbolic links, are `PATH_OUTSIDE_WORKSPACE`. */
export interface FilesPort {
  read(workspacePath: string, path: string): Promise<string>
  /** Replaces the file in one step: a crash leaves the old or the new content. */
  write(workspacePath: string, path: string, content: string): Promise<void>
  exists(workspacePath: string, path: string): Promise<boolean>
  delete(workspacePath: string, path: string): Promise<void>
  list(workspacePath: string, path: string): Promise<readonly string[]>
  copy(workspacePath: string, from: string, to: string): Promise<void>
  /** The absolute path, after the same check. */
  resolve(workspacePath: string, path: string): Promise<string>
}

/** The tree of a workspace kept as a commit under a hidden ref (W4). */
export interface TreeSnapshot {
  readonly treeId: string
  /** Its parent is `head`. */
  readonly commit: string
  readonly ref: string
  /** The commit that was checked out; null before the first one. */
  readonly head: string | null
  /** What the tree does not hold exactly, e.g. the inside of submodules; absent when it holds everything. */
  readonly notes?: readonly string[]
}

/** A file as a tree has it; the bytes of a link are the path that it leads to. */
export interface FileContent {
  readonly kind: 'file' | 'executable' | 'link'
  readonly bytes: Uint8Array
}

/** A file that differs between two trees; null: it is not there. */
export interface ContentChange {
  /** Relative to the folder that was asked about. */
  readonly path: string
  readonly before: FileContent | null
  readonly after: FileContent | null
}

/** Everything the engine needs from git, files and processes; `@holdfast/workspace` supplies it. */
export interface WorkspacePort {
  /**
   * Whether such a workspace could be made now; makes nothing.
   * @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `WORKSPACE_DIRTY` (naming the files), `GIT_FAILED`.
   */
  check(request: Omit<PrepareWorkspace, 'runId' | 'workspaceId'>): Promise<void>
  /** @throws WorkflowError `NOT_A_GIT_REPOSITORY`, `WORKSPACE_DIRTY` (naming the files), `GIT_FAILED`. */
  prepare(request: PrepareWorkspace): Promise<PreparedWorkspace>
  /** Checks with git that a workspace is still there. @throws WorkflowError `WORKSPACE_LOST`. */
  open(workspace: MadeWorkspace): Promise<void>
  /**
   * Checks at once, by looking at files alone, that a workspace is still the one that it was.
   * @throws WorkflowError `WORKSPACE_LOST` saying what is lost and how it comes back.
   */
  confirm(workspace: MadeWorkspace): void
  /** Removes a worktree or temporary folder; a project is left alone. */
  clean(workspace: {
    readonly projectPath: string
    readonly path: string
    readonly kind: string
  }): Promise<void>
  /** What changed since `initialCommit`, uncommitted changes included (D1). */
  facts(path: string, initialCommit: string | null): Promise<GitFacts>
  /**
   * Tracked and untracked, not ignored files, without touching branch, index or stash; null outside git. Where
   * nothing changed since `last`, that is answered and nothing new is kept.
   */
  snapshot(
    path: string,
    name: { readonly runId: string; readonly stepId: string; readonly when: 'before' | 'after' },
    last?: TreeSnapshot | null,
  ): Promise<TreeSnapshot | null>
  /** Makes the files equal to the snapshot; ignored files stay, branch and index stay. */
  restore(path: string, treeId: string): Promise<void>
  /**
   * Gives kept trees refs of another run too, so that they stay when the first run's are removed. What the project's
   * repository does not have is fetched from `sourcePath` where that still exists. Answers the ref of `start`, null
   * when git does not have it any more, the commit that was checked out with it, and the new refs by the old ones.
   */
  keepTrees(request: {
    readonly projectPath: string
    readonly sourcePath: string
    readonly runId: string
    /** Without a ref it is a commit of a branch. */
    readonly start: { readonly commit: string; readonly ref: string | null }
    readonly trees: readonly { readonly commit: string; readonly ref: string }[]
  }): Promise<{
    readonly start: string | null
    readonly head: string | null
    readonly refs: ReadonlyMap<string, string>
  }>
  /**
   * One text for what a tree has at and below paths relative to the workspace: equal trees there, equal texts.
   * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`.
   */
  fingerprint(path: string, treeId: string, paths: readonly string[]): Promise<string>
  /** Files that differ between two trees. */
  changedFiles(path: string, fromTree: string, toTree: string): Promise<readonly FileStat[]>
  /** The same with the bytes on both sides, for the folder `path`. @throws WorkflowError `GIT_FAILED` where a tree is not kept any more. */
  contentChanges(path: string, fromTree: string, toTree: string): Promise<readonly ContentChange[]>
  /** @throws WorkflowError `COMMAND_NOT_FOUND`, `PATH_OUTSIDE_WORKSPACE`; an exit code is a result. */
  shell(request: ShellRequest): Promise<ShellResult>
  readonly git: GitPort
  readonly files: FilesPort
  readonly care: WorkspaceCarePort
  /**
   * Ends every process whose environment carries the run's marker, except this one, and the ones in
   * `known` that still have the same start time. Answers how many were ended.
   */
  endProcesses(runId: string, known: readonly ProcessIdentity[]): Promise<number>
}
