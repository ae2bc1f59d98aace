import { z } from 'zod'
import { route } from './route.ts'

/** Routes about the server itself. */
export const healthRoutes = {
  getHealth: route({
    method: 'GET',
    path: '/health',
    tag: 'server',
    summary: 'Whether the process answers',
    status: 200,
    answer: z.object({ status: z.literal('ok'), version: z.string() }),
    errors: [],
  }),
  getReadiness: route({
    method: 'GET',
    path: '/ready',
    tag: 'server',
    summary: 'Whether requests can be taken: the store answers, and nobody has asked the server to stop',
    status: 200,
    answer: z.object({ status: z.literal('ready'), store: z.string() }),
    errors: ['SERVER_STOPPING'],
  }),
} as const
