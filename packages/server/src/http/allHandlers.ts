import { approvalHandlers } from '../approvals/approvalHandlers.ts'
import { actionHandlers } from '../executions/actionHandlers.ts'
import { executionHandlers } from '../executions/executionHandlers.ts'
import { healthHandlers } from '../health/healthHandlers.ts'
import { projectHandlers } from '../projects/projectHandlers.ts'
import { fileHandlers } from '../records/fileHandlers.ts'
import { journalHandlers } from '../records/journalHandlers.ts'
import { recordHandlers } from '../records/recordHandlers.ts'
import { workflowHandlers } from '../workflows/workflowHandlers.ts'
import type { Context } from './Context.ts'
import type { Handlers } from './handlers.ts'

/** What every route does; the compiler misses none. */
export function allHandlers(context: Context): Handlers {
  return {
    ...healthHandlers(context),
    ...projectHandlers(context),
    ...workflowHandlers(context),
    ...executionHandlers(context),
    ...actionHandlers(context),
    ...recordHandlers(context),
    ...journalHandlers(context),
    ...fileHandlers(context),
    ...approvalHandlers(context),
  }
}
