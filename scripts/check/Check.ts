/** A fault: where it is (`path` or `path:line`, relative to the root), and what is wrong and what to do. */
export interface Finding {
  readonly where: string
  readonly what: string
}

/** One part of `npm run check`. */
export interface Check {
  readonly name: string
  /** Says what it looks at, for the table. */
  readonly about: string
  /** Looks at the tree below `root`, an absolute path; an empty answer means that all is well. */
  run(root: string): Promise<readonly Finding[]>
}
