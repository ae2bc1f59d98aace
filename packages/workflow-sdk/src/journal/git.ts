/** What a line of `git diff --numstat` says. Lines are null for a binary file. */
export interface FileStat {
  readonly path: string
  readonly added: number | null
  readonly removed: number | null
  readonly binary: boolean
  readonly renamedFrom: string | null
}

/** Git facts of a run (D1). */
export interface GitFacts {
  readonly repo?: string | null
  readonly branch?: string | null
  readonly initialCommit?: string | null
  readonly finalCommit?: string | null
  readonly prUrl?: string | null
  readonly diff?: { readonly added: number; readonly removed: number; readonly files: readonly FileStat[] }
}
