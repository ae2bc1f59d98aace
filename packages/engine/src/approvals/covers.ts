import { WorkflowError, type ApproveOptions } from '@holdfast/workflow-sdk'
import type { Covers } from '@holdfast/workflow-sdk/journal'

/**
 * What a yes to an approval is about (P1): what its author says, else all files where it shows what changed.
 * @throws WorkflowError `OPTION_INVALID`.
 */
export function coversOf({ title, covers, showDiff = false }: ApproveOptions): Covers | null {
  const what = `ctx.approve("${title}")`
  if (typeof showDiff !== 'boolean') throw invalid(what, 'showDiff', showDiff, 'Use true or false.')
  if (covers === undefined) return showDiff ? 'tree' : null
  if (covers === 'none') {
    if (!showDiff) return null
    throw invalid(what, 'covers', covers, 'What is shown is what is approved: leave out showDiff or covers.')
  }
  if (covers === 'tree' || covers === 'commit') return covers
  if (!Array.isArray(covers) || covers.length === 0 || !covers.every(isPath))
    throw invalid(what, 'covers', covers, "Use 'tree', 'commit', 'none' or a list of paths of the workspace.")
  return [...covers].toSorted((a, b) => (a < b ? -1 : 1))
}

const isPath = (path: unknown): boolean => typeof path === 'string' && path !== '' && !path.includes('\0')

function invalid(what: string, option: string, value: unknown, hint: string): WorkflowError {
  const message = `${option} of ${what} is ${JSON.stringify(value)}. ${hint}`
  return new WorkflowError('OPTION_INVALID', message, { details: { option } })
}
