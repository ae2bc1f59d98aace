import { WorkflowError } from '@holdfast/workflow-sdk'

/** A part of a list, as every list answers. */
export interface PageOf<T> {
  readonly items: readonly T[]
  readonly page: number
  readonly limit: number
  readonly total: number
  readonly totalExact: boolean
  readonly next: string | null
}

/** What says which part. */
export interface PageAsked {
  readonly page?: number | undefined
  readonly limit?: number | undefined
  readonly after?: string | undefined
}

const DEFAULT_LIMIT = 20

/** One page of a list that is at hand as a whole. @throws WorkflowError `OPTION_INVALID` for a cursor of another list. */
export function pageOfAll<T>(
  rows: readonly T[],
  { page = 1, limit = DEFAULT_LIMIT, after }: PageAsked,
): PageOf<T> {
  const start = after === undefined ? (page - 1) * limit : startOf(after)
  const items = rows.slice(start, start + limit)
  return {
    items,
    page: after === undefined ? page : 1,
    limit,
    total: rows.length,
    totalExact: true,
    next: start + items.length < rows.length ? `at-${start + items.length}` : null,
  }
}

/** Place that a cursor `at-N` stands for. @throws WorkflowError `OPTION_INVALID`. */
export function startOf(cursor: string): number {
  const place = /^at-(\d{1,15})$/.exec(cursor)?.[1]
  if (place !== undefined) return Number(place)
  throw new WorkflowError(
    'OPTION_INVALID',
    `after is ${JSON.stringify(cursor)}, which is no cursor of this list.`,
    {
      details: { option: 'after' },
    },
  )
}

/** An object without the names whose value is undefined. */
export function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
