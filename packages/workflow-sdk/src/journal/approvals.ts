/** What an approval covers: all files, the commit that is checked out, or the files at and below these paths. */
export type Covers = 'tree' | 'commit' | readonly string[]

/** The files that an approval showed (P1), kept under a hidden ref. */
export interface ShownTree {
  readonly covers: Covers
  /** The same as long as what is covered is the same. */
  readonly fingerprint: string
  readonly treeId: string
  readonly commit: string
  readonly ref: string
  /** The commit that was checked out; null before the first one. */
  readonly head: string | null
}
