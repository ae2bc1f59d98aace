import type { ProcessMarker } from '@holdfast/workflow-sdk/ports'

/** Environment variable that names the run a process works for. */
export const RUN_VARIABLE = 'HOLDFAST_RUN_ID'
/** Environment variable that names the step a process works for. */
export const STEP_VARIABLE = 'HOLDFAST_STEP_ID'
/** Environment variable that one started process and everything below it share, and nothing else. */
export const PROCESS_VARIABLE = 'HOLDFAST_PROCESS_ID'

/** The variables by which whoever takes over a run finds its processes, also those that left their group. */
export function markerVariables(marker: ProcessMarker): Readonly<Record<string, string>> {
  return { [RUN_VARIABLE]: marker.runId, [STEP_VARIABLE]: marker.stepId }
}
