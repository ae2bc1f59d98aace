import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { TransferredRun } from '../contract/index.ts'
import type { FactSource } from '../projection/Known.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { RunFold } from '../projection/RunFold.ts'
import { finishRebuilt, rebuildRun, withoutLostSessions } from '../transfer/rebuildRun.ts'
import { replaceDurably } from './io.ts'
import { checkRunId, type Layout } from './layout.ts'
import { encodeBatch, eventLines } from './lines.ts'
import type { StagedRows } from './StagedRows.ts'

/** A run that is taken over: its events as they come, then its journal as one append. */
export class StagedRun {
  #fold: RunFold | null = null

  /** @throws WorkflowError `JOURNAL_CORRUPT` when they do not follow what came before. */
  add(runId: string, events: readonly JournalEvent[]): void {
    checkRunId(runId)
    this.#fold = rebuildRun(this.#fold, runId, events, NO_ROWS)
  }

  /** Writes the journal when all events have come. @throws WorkflowError `JOURNAL_CORRUPT`. */
  async write(layout: Layout, end: TransferredRun, rows: StagedRows): Promise<void> {
    const fold = finishRebuilt(this.#fold, end)
    const { session_id: sessionId } = fold.run
    const pending = withoutLostSessions(fold.take(), rows.sessions)
    const beside = new Set(pending.beside)
    if (pending.run.session_id !== sessionId) beside.add('session_id')
    const set: Partial<RunColumns> = {}
    for (const column of beside) Object.assign(set, { [column]: pending.run[column] })
    const text = encodeBatch(eventLines(pending.events), { revision: 1, set })
    await replaceDurably(layout.journal(end.id), text)
  }
}

/** A run that is built from its first event on has no rows before. */
const NO_ROWS: FactSource = {
  step: () => null,
  openSteps: () => [],
  lastStepId: () => null,
  runningSession: () => null,
  runningSessions: () => [],
  approval: () => null,
  openApprovals: () => [],
  hasUsage: () => false,
}
