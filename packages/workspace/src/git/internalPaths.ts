/** Files of Holdfast itself in a project: no work of anybody, so never dirty, committed, kept or restored. */
const INTERNAL = /(^|\/)\.agent\/(workflows\/(executions|\.cache|worktrees)(\/|$)|[^/]+\.db[^/]*$)/

/** Whether the path, with `/` and relative to some folder above `.agent`, belongs to Holdfast itself. */
export function isInternalPath(path: string): boolean {
  return INTERNAL.test(path)
}

/** The same files as patterns of git (gitglossary(7), "pathspec"), wherever in the repository the project lies. */
export const INTERNAL_PATHSPECS: readonly string[] = [
  '**/.agent/workflows/executions/**',
  '**/.agent/workflows/.cache/**',
  '**/.agent/workflows/worktrees/**',
  '**/.agent/*.db*',
].map((pattern) => `:(top,glob)${pattern}`)

/** Everything in the repository but those. */
export const ALL_BUT_INTERNAL: readonly string[] = [
  ':/',
  ...INTERNAL_PATHSPECS.map((pattern) => pattern.replace('(top,', '(top,exclude,')),
]
