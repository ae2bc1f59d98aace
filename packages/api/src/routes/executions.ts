import { WORKFLOW_STATUSES } from '@holdfast/workflow-sdk'
import { z } from 'zod'
import { count, idParams, pageOf, pageQuery, someOf } from '../schemas/common.ts'
import { execution, executionSummary, step } from '../schemas/executions.ts'
import { route } from './route.ts'

const tag = 'executions'

/** Routes that list, show and remove runs. */
export const executionRoutes = {
  listExecutions: route({
    method: 'GET',
    path: '/executions',
    tag,
    summary: 'Runs, the last started first',
    query: z.strictObject({
      status: someOf(WORKFLOW_STATUSES).optional(),
      workflowId: z.string().max(200).optional(),
      workflowName: z.string().max(200).optional(),
      projectId: z.string().max(200).optional(),
      branch: z.string().max(500).optional(),
      sessionId: z.string().max(200).optional(),
      parentRunId: z.string().max(200).optional(),
      triggeringObjectId: z.string().max(200).optional(),
      version: count(1, 1_000_000_000).optional(),
      minCost: z.coerce.number().min(0).max(1e9).optional(),
      minDurationMs: count(0, 1e12).optional(),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
      q: z.string().max(200).optional(),
      sort: z.enum(['started_at', '-started_at', 'created_at', '-created_at']).optional(),
      ...pageQuery,
    }),
    status: 200,
    answer: pageOf(executionSummary),
    errors: ['OPTION_INVALID'],
  }),
  getExecution: route({
    method: 'GET',
    path: '/executions/:id',
    tag,
    summary: 'One run with everything below it',
    params: idParams,
    status: 200,
    answer: execution,
    errors: ['RUN_NOT_FOUND'],
  }),
  deleteExecution: route({
    method: 'DELETE',
    path: '/executions/:id',
    tag,
    summary: 'Remove a run that is over, with everything below it',
    params: idParams,
    status: 204,
    answer: null,
    errors: ['RUN_NOT_FOUND', 'RUN_TRANSITION_INVALID'],
  }),
  listSteps: route({
    method: 'GET',
    path: '/executions/:id/steps',
    tag,
    summary: 'Steps of a run by number',
    params: idParams,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(step),
    errors: ['RUN_NOT_FOUND', 'OPTION_INVALID'],
  }),
} as const
