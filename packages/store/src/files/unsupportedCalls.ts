import { WorkflowError } from '@holdfast/workflow-sdk'
import type { IWorkflowStore } from '../contract/index.ts'

const UNSUPPORTED = [
  'updateProject',
  'listWorkflowNodes',
  'getWorkflowNode',
  'createTrigger',
  'getTrigger',
  'listTriggers',
  'updateTrigger',
  'deleteTrigger',
  'listSchedules',
  'planSchedule',
  'registerPrompt',
  'findPrompt',
  'getPrompt',
  'listPrompts',
  'listPromptVersions',
  'updatePrompt',
  'deletePrompt',
  'setPromptLabel',
  'listPromptLabels',
  'deletePromptLabel',
  'getSession',
  'listSessions',
  'exportRecords',
  'importRecords',
] as const satisfies readonly (keyof IWorkflowStore)[]
/** Calls that a store in files does not have. */
export type UnsupportedCall = (typeof UNSUPPORTED)[number]

/** Calls that a store in files does not have; each throws `STORE_CALL_UNSUPPORTED`. */
export function unsupportedCalls(what: string): Pick<IWorkflowStore, UnsupportedCall> {
  const calls = UNSUPPORTED.map((call) => {
    const refuse = (): never => {
      throw new WorkflowError(
        'STORE_CALL_UNSUPPORTED',
        `${what} does not have the call ${call}. Use a store in a database, such as sqlite:.agent/holdfast.db.`,
        { details: { call } },
      )
    }
    return [call, refuse]
  })
  return Object.fromEntries(calls) as Pick<IWorkflowStore, UnsupportedCall>
}
