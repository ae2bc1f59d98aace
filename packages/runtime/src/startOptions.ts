import type { StartRun } from '@holdfast/engine'

/** What a start takes beside workflow and input. */
export type StartOptions = Omit<StartRun, 'projectId' | 'workflowId' | 'version' | 'definition' | 'input'>
