import { WORKFLOW_STATUSES, type ErrorCode } from '@holdfast/workflow-sdk'
import { z } from 'zod'
import { count, idParams, json, jsonObject, list } from '../schemas/common.ts'
import { execution } from '../schemas/executions.ts'
import { route } from './route.ts'

const tag = 'actions'

const ACT = [
  'RUN_NOT_FOUND',
  'RUN_FINISHED',
  'RUN_TRANSITION_INVALID',
] as const satisfies readonly ErrorCode[]

const FORK = [
  'RUN_NOT_FOUND',
  'STEP_NOT_FOUND',
  'CHECKPOINT_MISSING',
  'OPTION_INVALID',
  'INPUT_INVALID',
  'PLAN_CHANGED',
  'STEP_OUTPUT_NOT_SERIALIZABLE',
  'STEP_OUTPUT_TOO_LARGE',
  'PAYLOAD_INVALID',
  'RUN_TRANSITION_INVALID',
  'WORKFLOW_INVALID',
  'WORKFLOW_NOT_FOUND',
  'WORKFLOW_DEPENDENCY_MISSING',
] as const satisfies readonly ErrorCode[]

const planned = z.object({
  key: z.string(),
  name: z.string(),
  kind: z.string(),
  stepNumber: z.number().int(),
  costUsd: z.number().nullable(),
})

const plan = z.object({
  planId: z.string(),
  reuse: list(planned),
  firstLive: planned.nullable(),
  afterThat: list(planned),
  estimated: z.boolean(),
  costUsd: z.object({ known: z.number(), estimated: z.number(), unknown: z.number() }),
  notes: list(z.string()),
})

const act = (name: string, summary: string) =>
  ({
    method: 'POST',
    path: `/executions/:id/${name}`,
    tag,
    summary,
    params: idParams,
    status: 200,
    answer: execution,
    errors: ACT,
  }) as const

/** Routes that do something to a run. Each answers the run as it is then. */
export const actionRoutes = {
  cancelExecution: route(act('cancel', 'Ask a run to stop; its clean-up runs')),
  killExecution: route(act('kill', 'End a run and its processes at once')),
  resumeExecution: route({
    ...act('resume', 'Make a paused or waiting run due now; with `version` it moves to that version'),
    body: z.strictObject({ version: z.int().min(1).max(1_000_000_000).optional() }).optional(),
    errors: [...ACT, 'RECORD_NOT_FOUND'],
  }),
  sendEvent: route({
    ...act('events', 'Send an event to a run; it is kept until the run waits for it'),
    body: z.strictObject({
      name: z.string().min(1).max(200),
      data: json.optional(),
      id: z.string().min(1).max(200).optional(),
    }),
    errors: [...ACT, 'PAYLOAD_INVALID', 'STEP_OUTPUT_NOT_SERIALIZABLE'],
  }),
  raiseBudget: route({
    ...act('budget', 'Raise the budget of a run by amounts'),
    body: z.strictObject({
      usd: z.number().positive().optional(),
      tokens: z.number().positive().optional(),
      turns: z.number().positive().optional(),
      wallMs: z.union([z.number().positive(), z.string().max(40)]).optional(),
    }),
    errors: [...ACT, 'OPTION_INVALID', 'OPTION_UNKNOWN', 'DURATION_INVALID'],
  }),
  getPlan: route({
    method: 'GET',
    path: '/executions/:id/plan',
    tag,
    summary: 'What a fork would take over and run anew, and what it may cost',
    params: idParams,
    query: z.strictObject({
      action: z.literal('fork'),
      fromStep: z.string().min(1).max(1000),
      nearest: z.enum(['true', 'false']).optional(),
    }),
    status: 200,
    answer: plan,
    errors: FORK,
  }),
  forkExecution: route({
    method: 'POST',
    path: '/executions/:id/fork',
    tag,
    summary: 'Start a run that goes on from before a step of this one, in a worktree of its own',
    params: idParams,
    body: z.strictObject({
      fromStep: z.union([z.string().min(1).max(1000), count(1, 1_000_000)]),
      input: json.optional(),
      outputs: jsonObject.optional(),
      nearest: z.boolean().optional(),
      planId: z.string().max(200).optional(),
    }),
    status: 202,
    answer: z.object({
      id: z.string(),
      status: z.enum(WORKFLOW_STATUSES),
      plan,
    }),
    errors: FORK,
  }),
} as const
