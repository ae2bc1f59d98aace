/** Which part of a list. `after` goes on behind a page's `next` and takes the place of `page`. */
export interface PageQuery {
  /** From 1. */
  readonly page?: number
  /** Default 20, at most 200. */
  readonly limit?: number
  /** The `next` of an earlier page of the same list. @throws WorkflowError `OPTION_INVALID` for another text. */
  readonly after?: string
}

/** One page of a list. Counted up to 10,000, then `totalExact` is false. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Number of this page; 1 when it was asked for with `after`. */
  readonly page: number
  readonly limit: number
  readonly total: number
  readonly totalExact: boolean
  /** Cursor of what follows the last item; null when nothing does. Items that come later do not shift it. */
  readonly next: string | null
}
