import type { Page, RunQuery, WorkflowRunRow } from '../contract/index.ts'
import type { CursorValues } from '../lists/cursor.ts'
import { decodeRow } from './decode.ts'
import { pageOf } from './paging.ts'
import { createdBetween, runConditions, type RunCondition } from './runConditions.ts'
import type { Script, ScriptRunner } from './Script.ts'
import { raw, sql, type Statement } from './statement.ts'

type Sorted = 'created_at' | 'started_at'

/** One page of runs. A run that has not started counts as started later than all others. */
export function* listRuns(query: RunQuery, dialect: ScriptRunner['dialect']): Script<Page<WorkflowRunRow>> {
  const sort = query.sort ?? '-created_at'
  const column = sort.endsWith('started_at') ? 'started_at' : 'created_at'
  const isDescending = sort.startsWith('-')
  const found = runConditions(query, dialect)
  const created = createdBetween(query)
  const orderBy = raw(isDescending ? `${column} desc nulls first, id desc` : `${column} asc nulls last, id`)
  return yield* pageOf<Pick<WorkflowRunRow, Sorted | 'id'>, WorkflowRunRow>(query, {
    columns: raw('*'),
    from: raw('workflow_runs'),
    conditions: [...found.map(({ text }) => text), ...created],
    behind: (last) => behind(column, isDescending, last),
    orderBy,
    sortedBy: (run) => [run[column], run.id],
    decode: (run) => decodeRow('workflow_runs', run),
    // PostgreSQL knows how many rows have a value, and needs no help.
    ...(dialect === 'sqlite' && {
      steer: (count: number) => steered(found, { created, column, count, orderBy }),
    }),
  })
}

/** Columns that an index has together with `created_at`; the first that is asked for leads. */
const LEADERS = ['git_branch', 'workflow_id', 'status', 'project_id']

/** With at most so many runs that match, all of them are read and sorted. */
const FEW = 500

/**
 * SQLite would take the first index that fits a condition and sort what it finds there, be it a million runs.
 * Two ways are fast: to walk an index that has the order, leaving out what does not match, when much matches;
 * and to look up all that match when they are few.
 */
function steered(
  conditions: readonly RunCondition[],
  list: {
    readonly created: readonly Statement[]
    readonly column: Sorted
    readonly count: number
    readonly orderBy: Statement
  },
): { readonly conditions: Statement[]; readonly orderBy: Statement } {
  const { created, column, count, orderBy } = list
  const leads = LEADERS.find((leader) => conditions.some((one) => one.column === leader))
  const leader = column === 'created_at' ? leads : undefined
  const others = conditions.filter((one) => leader === undefined || one.column !== leader)
  if (others.length > 0 && count <= FEW)
    return { conditions: [...conditions.map(({ text }) => text), ...created], orderBy: sql`+${orderBy}` }
  const walked = conditions.map((one) => (others.includes(one) ? one.unindexed : one.text))
  return { conditions: [...walked, ...created], orderBy }
}

function behind(column: Sorted, isDescending: boolean, [at = null, id = null]: CursorValues): Statement {
  const key = raw(column)
  if (at === null)
    return isDescending ? sql`(${key} is not null or id < ${id})` : sql`${key} is null and id > ${id}`
  return isDescending
    ? sql`(${key}, id) < (${at}, ${id})`
    : sql`((${key}, id) > (${at}, ${id}) or ${key} is null)`
}
