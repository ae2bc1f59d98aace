/** A workspace as it is found on this machine. */
export interface FoundWorkspace {
  /** Absolute, of the top of its work tree. */
  readonly path: string
  readonly kind: 'worktree' | 'temporary'
  /** `half`: it was being made when its process ended; `gone`: there is no folder. */
  readonly made: 'whole' | 'half' | 'gone'
  readonly branch: string | null
  /** Of the whole folder, ignored files included; null where it cannot be told. */
  readonly sizeBytes: number | null
  /** Changed and untracked files that are in no commit. */
  readonly uncommitted: number
  /** Commits that no other branch and no remote has, and that go with the folder. */
  readonly onlyHere: number
  /** Living processes that work in it. */
  readonly pids: readonly number[]
  /** ISO: when the folder itself changed last; null where it is gone. */
  readonly changedAt: string | null
}

/** A branch that was made for a workspace which is not there any more. */
export interface LeftBranch {
  readonly name: string
  readonly commit: string
  /** Commits that nothing else has. */
  readonly onlyHere: number
}

/** Hidden refs under which the trees of one run are kept. */
export interface KeptTrees {
  readonly runId: string
  readonly refs: number
}

/** What a project's repository and folders hold of workspaces. */
export interface WorkspaceInventory {
  /** Those that were asked about, in that order. */
  readonly known: readonly FoundWorkspace[]
  /** Worktrees in the project's folder for them that nobody asked about. */
  readonly others: readonly FoundWorkspace[]
  readonly branches: readonly LeftBranch[]
  readonly trees: readonly KeptTrees[]
}

/** Looks at workspaces that may have outlived their runs, and removes them. */
export interface WorkspaceCarePort {
  /** Changes nothing. */
  inventory(
    projectPath: string,
    known: readonly { readonly path: string; readonly kind: 'worktree' | 'temporary' }[],
  ): Promise<WorkspaceInventory>
  /** Keeps files and commits of a workspace in the project's repository; answers the ref. */
  keepAside(projectPath: string, workspace: { readonly path: string; readonly name: string }): Promise<string>
  /** Removes a branch if it is still at that commit. */
  removeBranch(projectPath: string, branch: LeftBranch): Promise<void>
  /** Removes the hidden refs of these runs, all at once; answers how many. */
  dropTrees(projectPath: string, runIds: readonly string[]): Promise<number>
  /** Makes git forget worktrees whose folder is gone. */
  forgetGone(projectPath: string): Promise<void>
}
