import { z } from 'zod'
import { idParams, json, oneOf, pageOf, pageQuery } from '../schemas/common.ts'
import { approval } from '../schemas/records.ts'
import { route } from './route.ts'

/** Routes about the questions of runs. */
export const approvalRoutes = {
  listApprovals: route({
    method: 'GET',
    path: '/approvals',
    tag: 'approvals',
    summary: 'Questions of runs, open ones first',
    query: z.strictObject({
      status: oneOf(['open', 'answered', 'withdrawn']).optional(),
      executionId: z.string().max(200).optional(),
      ...pageQuery,
    }),
    status: 200,
    answer: pageOf(approval),
    errors: ['OPTION_INVALID'],
  }),
  getApproval: route({
    method: 'GET',
    path: '/approvals/:id',
    tag: 'approvals',
    summary: 'One question',
    params: idParams,
    status: 200,
    answer: approval,
    errors: ['APPROVAL_NOT_FOUND'],
  }),
  answerApproval: route({
    method: 'POST',
    path: '/approvals/:id',
    tag: 'approvals',
    summary:
      'Answer a question; the same answer twice counts once, `revision` refuses what has changed since',
    params: idParams,
    body: z.strictObject({
      approved: z.boolean(),
      answer: json.optional(),
      comment: z.string().max(100_000).optional(),
      revision: z.int().min(1).max(1_000_000).optional(),
    }),
    status: 200,
    answer: approval,
    errors: [
      'APPROVAL_NOT_FOUND',
      'APPROVAL_CHANGED',
      'ALREADY_ANSWERED',
      'ANSWER_INVALID',
      'RUN_NOT_FOUND',
      'RUN_FINISHED',
      'RUN_TRANSITION_INVALID',
      'PAYLOAD_INVALID',
      'STEP_OUTPUT_NOT_SERIALIZABLE',
    ],
  }),
} as const
