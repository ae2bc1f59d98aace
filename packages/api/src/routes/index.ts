import { actionRoutes } from './actions.ts'
import { approvalRoutes } from './approvals.ts'
import { executionRoutes } from './executions.ts'
import { healthRoutes } from './health.ts'
import { projectRoutes } from './projects.ts'
import { recordRoutes } from './records.ts'
import { workflowRoutes } from './workflows.ts'

/** Every route of the REST API, by the name of its operation. Server, client and OpenAPI document come from it. */
export const ROUTES = {
  ...healthRoutes,
  ...projectRoutes,
  ...workflowRoutes,
  ...executionRoutes,
  ...actionRoutes,
  ...recordRoutes,
  ...approvalRoutes,
} as const

/** {@link ROUTES}. */
export type Routes = typeof ROUTES
/** Name of an operation. */
export type RouteName = keyof Routes
