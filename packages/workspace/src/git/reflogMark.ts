import type { GitScope } from '@holdfast/workflow-sdk/ports'

/**
 * What the reflog says about a change that a step made. A step that is run again after its process died finds
 * its own earlier change by it, without a trace in the history that others see.
 */
export function reflogMark(scope: GitScope | undefined): string {
  return scope === undefined ? 'holdfast' : `holdfast ${scope.marker.runId}/${scope.marker.stepId}`
}

/** Whether a line of the reflog was written by the same step. */
export function isMarkOf(scope: GitScope | undefined, line: string | undefined): boolean {
  return scope !== undefined && line !== undefined && line.startsWith(`${reflogMark(scope)}: `)
}
