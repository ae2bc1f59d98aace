import { WorkflowError, type GitFileStatus } from '@holdfast/workflow-sdk'

/** As many file names as a message holds; the details hold more. */
const NAMED = 10
const IN_DETAILS = 200

/** @throws WorkflowError `WORKSPACE_DIRTY` naming the changed files. */
export function refuseDirty(path: string, state: { readonly files: readonly GitFileStatus[] }): void {
  if (state.files.length === 0) return
  const message =
    `The workspace ${path} has uncommitted changes in ${nameFiles(state.files)}. Commit or stash them, ` +
    `allow them with --allow-dirty, or use a workspace of kind "worktree".`
  const files = state.files.slice(0, IN_DETAILS).map((file) => file.path)
  throw new WorkflowError('WORKSPACE_DIRTY', message, { details: { path, count: state.files.length, files } })
}

/** `2 files: a.txt, b.txt`; a long list is cut. */
export function nameFiles(files: readonly GitFileStatus[]): string {
  const names = files.slice(0, NAMED).map((file) => file.path)
  const more = files.length > NAMED ? `, and ${files.length - NAMED} more` : ''
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}: ${names.join(', ')}${more}`
}
