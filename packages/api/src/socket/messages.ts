import { z } from 'zod'
import { json, time } from '../schemas/common.ts'

/** Types of messages that tell of a run; each journal event makes exactly one. */
export const RUN_MESSAGE_TYPES = [
  'workflow:execution:started',
  'workflow:execution:updated',
  'workflow:execution:completed',
  'workflow:step:updated',
  'workflow:comment:added',
  'workflow:agent:updated',
  'workflow:artifact:created',
  'workflow:approval:requested',
  'workflow:usage:updated',
  'workflow:message:added',
  'workflow:log:appended',
] as const
/** One of {@link RUN_MESSAGE_TYPES}. */
export type RunMessageType = (typeof RUN_MESSAGE_TYPES)[number]

/**
 * Something that happened in a run. `sequence` is that of the journal, or of the last event before a log line; `part`
 * tells apart what has the same sequence. `cursor` goes into `after` of the next subscription.
 */
export const runMessage = z.object({
  type: z.enum(RUN_MESSAGE_TYPES),
  executionId: z.string(),
  sequence: z.number().int(),
  part: z.number().int(),
  cursor: z.string(),
  timestamp: time,
  data: z.record(z.string(), json),
})

/** {@link runMessage}. */
export type RunMessage = z.infer<typeof runMessage>

/** What the server says about the subscription itself. */
export const controlMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('workflow:subscribed'),
    executionId: z.string().optional(),
    cursor: z.string(),
  }),
  z.object({
    type: z.literal('workflow:unsubscribed'),
    executionId: z.string().optional(),
  }),
  /** The client reads slower than messages come; nothing is lost, the rest follows as it reads. */
  z.object({
    type: z.literal('workflow:slow'),
    executionId: z.string().optional(),
  }),
  z.object({
    type: z.literal('workflow:error'),
    executionId: z.string().optional(),
    error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), json) }),
  }),
])

/** {@link controlMessage}. */
export type ControlMessage = z.infer<typeof controlMessage>
