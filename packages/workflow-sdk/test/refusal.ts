import { WorkflowError } from '../src/index.ts'

/** The WorkflowError that a call throws; fails the test when it throws none. */
export function refusalOf(call: () => unknown): WorkflowError {
  try {
    call()
  } catch (error) {
    if (WorkflowError.is(error)) return error
    throw error
  }
  throw new Error('The call was not refused.')
}
