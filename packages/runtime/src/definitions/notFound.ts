import { WorkflowError } from '@holdfast/workflow-sdk'
import type { TemplateProblem } from '../discovery/types.ts'
import { nearestName } from './nearest.ts'

/**
 * The error for a name that no workflow has: it lists the known ones, the nearest first in words, and says
 * when a file that may hold it does not load.
 */
export function workflowNotFound(
  name: string,
  known: readonly string[],
  problems: readonly TemplateProblem[] = [],
): WorkflowError {
  const near = nearestName(name, known)
  const hint = near === null ? '' : ` Did you mean "${near}"?`
  const list =
    known.length === 0
      ? ' The project has none; make one with: holdfast init'
      : ` Known workflows: ${known.toSorted().join(', ')}.`
  const broken = problems
    .map(
      (problem) =>
        `\n  ${problem.file}:${problem.line ?? 1} does not load: ${problem.reason.replace(/\.$/, '')}.`,
    )
    .join('')
  return new WorkflowError('WORKFLOW_NOT_FOUND', `No workflow is named "${name}".${hint}${list}${broken}`, {
    details: { name, known: known.toSorted(), nearest: near, problems },
  })
}
