import { WorkflowError } from '@holdfast/workflow-sdk'
import { z } from 'zod'

const sequence = z.int().min(0)

const position = z.strictObject({
  /** Sequence of the last journal event that was sent. */
  s: sequence,
  /** Log lines sent since. */
  p: sequence,
  /** Last line sent, by step; the run's own under the empty text. */
  l: z.record(z.string(), sequence),
})

/** How far a client has come with one run. */
export type RunPosition = z.infer<typeof position>

/** Where a client begins that has seen nothing. */
export const BEGINNING: RunPosition = { s: 0, p: 0, l: {} }

/** The position as the opaque text that clients hand back. */
export function toCursor(value: RunPosition): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** @throws WorkflowError `OPTION_INVALID` for a text that is no cursor of a run. */
export function fromCursor(cursor: string): RunPosition {
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (error) {
    throw new WorkflowError('OPTION_INVALID', 'after is no cursor of a run; give that of the last message.', {
      details: { option: 'after' },
      cause: error,
    })
  }
}
