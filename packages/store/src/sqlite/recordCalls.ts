import type { RunStore } from '../contract/index.ts'
import { asQuestions } from '../sql/recordQueries.ts'
import { recordReads } from '../sql/recordReads.ts'
import { sql, where } from '../sql/statement.ts'
import { appendLogs } from './appendLogs.ts'
import type { RunCallName } from './runCalls.ts'
import type { StoreParts } from './StoreParts.ts'

type RecordCalls = Omit<RunStore, RunCallName>

/** The calls of {@link RunStore} about what belongs to runs, on SQLite. */
export function recordCalls(parts: StoreParts): RecordCalls {
  return {
    ...recordReads(parts),
    // Every worker asks for them before its first claim: a start must not wait for the query builder.
    listApprovals: async ({ runId, status, kind } = {}) =>
      await parts.read(() => {
        const conditions = [
          ...(runId === undefined ? [] : [sql`run_id = ${runId}`]),
          ...(status === undefined ? [] : [sql`status = ${status}`]),
          ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
        ]
        const query = sql`select * from approvals${where(conditions)}`
        return asQuestions(
          parts.connection.all<object>(
            query.text(() => '?'),
            ...query.values,
          ),
        )
      }),
    appendWorkflowLog: async (lines) => {
      if (lines.length > 0) await parts.commit.write((tx) => appendLogs(tx, lines))
    },
  }
}
