import type { RunStore } from '../contract/index.ts'
import { recordReads } from '../sql/recordReads.ts'
import { appendLogs } from './appendLogs.ts'
import type { RunCallName } from './runCalls.ts'
import type { StoreParts } from './StoreParts.ts'

type RecordCalls = Omit<RunStore, RunCallName>

/** The calls of {@link RunStore} about what belongs to runs, on SQLite. */
export function recordCalls(parts: StoreParts): RecordCalls {
  return {
    ...recordReads(parts),
    appendWorkflowLog: async (lines) => {
      if (lines.length > 0) await parts.commit.write((tx) => appendLogs(tx, lines))
    },
  }
}
