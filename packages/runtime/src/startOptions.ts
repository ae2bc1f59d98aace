import type { StartRun } from '@holdfast/engine'

/** What a start takes beside workflow and input. */
export interface StartOptions extends Omit<
  StartRun,
  'projectId' | 'workflowId' | 'version' | 'definition' | 'input'
> {
  /**
   * The run is executed some time and somewhere: whoever claims it finds out whether its workspace can be made.
   * Without it, and without `startAt`, that is found out before the run exists.
   */
  readonly detached?: boolean
}
