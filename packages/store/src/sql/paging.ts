import type { Page, PageQuery } from '../contract/index.ts'
import { COUNT_LIMIT, cursorText, placeOf, type CursorValues } from '../lists/cursor.ts'
import { all, first, type Script } from './Script.ts'
import { sql, where, type Statement } from './statement.ts'

/** A list before it is cut into pages. */
export interface List<Row, Item> {
  /** Columns of a row. */
  readonly columns: Statement
  /** Tables that rows come from. */
  readonly from: Statement
  readonly conditions: readonly Statement[]
  /** Holds for rows behind one that is known by what it is sorted by. */
  readonly behind: (last: CursorValues) => Statement
  /** `a desc, b desc`; the last is unique among rows that are equal in the others. */
  readonly orderBy: Statement
  /** Conditions and order written so that the database reads them well, knowing how many rows match. */
  readonly steer?: (count: number) => Pick<List<Row, Item>, 'conditions' | 'orderBy'>
  readonly sortedBy: (row: Row) => CursorValues
  readonly decode: (row: Row) => Item
}

/** One page of a list. @throws WorkflowError `OPTION_INVALID` for a text that is no cursor. */
export function* pageOf<Row, Item>(query: PageQuery, list: List<Row, Item>): Script<Page<Item>> {
  const { page, limit, offset, after } = placeOf(query)
  const { columns, from } = list
  const counted = yield* first<{ count: number | string }>(
    sql`select count(*) as count from (select 1 from ${from}${where(list.conditions)} limit ${COUNT_LIMIT + 1}) as counted`,
  )
  const count = Number(counted?.count ?? 0)
  const { conditions, orderBy } = list.steer?.(count) ?? list
  const shownConditions = after === null ? conditions : [...conditions, list.behind(after)]
  const rows = yield* all<Row>(
    sql`select ${columns} from ${from}${where(shownConditions)} order by ${orderBy}
      limit ${limit + 1} offset ${offset}`,
  )
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    items: shown.map((row) => list.decode(row)),
    page,
    limit,
    total: Math.min(COUNT_LIMIT, count),
    totalExact: count <= COUNT_LIMIT,
    next: last === undefined ? null : cursorText(list.sortedBy(last)),
  }
}
