import type { ModelRequest } from '@holdfast/workflow-sdk/ports'
import type { Execution } from '../execution/Execution.ts'

/** Where a step stands, as recordings of runs name it: in a child run behind the key of the call that started that. */
export function recordedPlace(x: Execution, stepKey: string): ModelRequest['place'] {
  const parentKey = x.index.created?.parentKey ?? null
  return {
    runId: x.runId,
    stepKey: parentKey === null ? stepKey : `${parentKey}//${stepKey}`,
    workspacePath: x.facts.workspacePath,
  }
}
