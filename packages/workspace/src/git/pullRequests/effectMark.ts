import { createHash } from 'node:crypto'
import type { GitScope } from '@holdfast/workflow-sdk/ports'

/**
 * The key of what a step leaves at a forge, as a comment of Markdown that nobody sees there: a step that is carried
 * out again finds by it what it made before its process died. The same for every attempt; null outside of a step.
 */
export function effectMark(scope: GitScope | undefined): string | null {
  if (scope === undefined) return null
  const { runId, stepId } = scope.marker
  return `<!-- holdfast:${createHash('sha256').update(`${runId}/${stepId}`).digest('hex').slice(0, 32)} -->`
}

/** A text with the mark at its end. */
export function withMark(text: string, mark: string | null): string {
  return mark === null ? text : `${text.trimEnd()}\n\n${mark}\n`
}

/** Whether a text that a forge has carries the mark. */
export function hasMark(text: unknown, mark: string | null): boolean {
  return mark !== null && typeof text === 'string' && text.includes(mark)
}
