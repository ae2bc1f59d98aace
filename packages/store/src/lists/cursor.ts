import { WorkflowError } from '@holdfast/workflow-sdk'
import type { PageQuery } from '../contract/index.ts'

/** Rows are counted up to here; beyond it a list says that the total is not exact. */
export const COUNT_LIMIT = 10_000
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 200

/** What a cursor holds: a value that the last item of a page is sorted by, and its id. */
export type CursorValues = readonly (string | null)[]

/** Which rows a page asks for. */
export interface Place {
  readonly page: number
  readonly limit: number
  readonly offset: number
  /** What the last known row is sorted by; null: from the first on. */
  readonly after: CursorValues | null
}

/** The place of a page in its list. @throws WorkflowError `OPTION_INVALID` for a text that is no cursor. */
export function placeOf(query: PageQuery): Place {
  const page = query.after === undefined ? Math.max(1, Math.floor(query.page ?? 1)) : 1
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.floor(query.limit ?? DEFAULT_LIMIT)))
  const after = query.after === undefined ? null : cursorValues(query.after)
  return { page, limit, offset: (page - 1) * limit, after }
}

/** A cursor as text. */
export function cursorText(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

function cursorValues(cursor: string): CursorValues {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(values) && values.length === 2 && values.every(isCursorValue)) return values
  } catch {
    // The same as another text.
  }
  throw new WorkflowError(
    'OPTION_INVALID',
    `The cursor ${JSON.stringify(cursor.slice(0, 80))} is none of this list. Give the "next" of an earlier page, or none for the first.`,
    { details: { option: 'after' } },
  )
}

function isCursorValue(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
