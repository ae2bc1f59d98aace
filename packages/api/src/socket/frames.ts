import { z } from 'zod'

const id = z.string().min(1).max(200)

/** What a subscription may be narrowed to; default all. `log` lines are no journal events. */
export const TOPICS = [
  'execution',
  'step',
  'comment',
  'agent',
  'artifact',
  'approval',
  'usage',
  'message',
  'log',
] as const
/** One of {@link TOPICS}. */
export type Topic = (typeof TOPICS)[number]

/** What a client may send over the WebSocket, a JSON text per frame. */
export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('workflow:subscribe'),
    executionId: id,
    /** Journal events above this sequence. */
    afterSequence: z.int().min(0).optional(),
    /** Cursor of the last message that was received; goes before `afterSequence`. */
    after: z.string().max(100_000).optional(),
    topics: z.array(z.enum(TOPICS)).min(1).readonly().optional(),
  }),
  z.strictObject({ type: z.literal('workflow:unsubscribe'), executionId: id }),
  z.strictObject({ type: z.literal('workflow:cancel'), executionId: id }),
])

/** {@link clientFrame}. */
export type ClientFrame = z.infer<typeof clientFrame>
