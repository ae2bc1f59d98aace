import { isTerminal } from '@holdfast/workflow-sdk'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { mustLoad, runNotFound } from '../append/checks.ts'
import { completeAndContinue } from '../append/continueRun.ts'
import { invalidTransition } from '../append/transitions.ts'
import { updateRun } from '../append/updateRun.ts'
import type { NewWorkflowRun, RunStore, WorkflowRunRow } from '../contract/index.ts'
import { lengthOf, prepareEvents } from '../payload/prepare.ts'
import { checkNewRun, createRun, type CreatedRun } from '../queue/createRun.ts'
import { runLater } from '../queue/program.ts'
import { blobsOf, decodeRow } from '../sql/decode.ts'
import { recordReads } from '../sql/recordReads.ts'
import { listRuns } from '../sql/runQueries.ts'
import { runRow } from '../sql/runRow.ts'
import { appendLogs } from './appendLogs.ts'
import type { Named } from './needsOf.ts'
import { needsOf } from './needsOf.ts'
import { claimed } from './queueCalls.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link RunStore} on PostgreSQL. */
export function runCalls(parts: StoreParts): RunStore {
  const { commit, clock } = parts
  const find = async (runId: string): Promise<WorkflowRunRow | null> => {
    const [row] = await parts.rows('select * from workflow_runs where id = $1', runId)
    if (row === undefined) return null
    return decodeRow('workflow_runs', row, await parts.blobTexts(blobsOf('workflow_runs', [row])))
  }
  const answer = ({ fold, created, claim }: CreatedRun) => ({
    run: runRow(fold.run),
    created,
    claimed: claim === null ? null : claimed(claim),
  })
  /** When a run starts is said on this machine's clock, and waited for on the database's. */
  const placed = ({ startAt, ...run }: NewWorkflowRun): NewWorkflowRun =>
    startAt === undefined ? run : { ...run, startAt: clock.toDatabase(startAt) }
  return {
    ...recordReads(parts),
    createWorkflowRun: async (run) => {
      checkNewRun(run)
      return await commit.write(needsOfNew(run), async (tx) =>
        answer(await runLater(createRun(tx, tx.queue, placed(run)))),
      )
    },
    completeAndContinue: async ({ append, successor }) => {
      const events = prepareEvents(append.runId, append.events)
      checkNewRun(successor)
      const named = both(
        { ...needsOf(append.runId, append.events), length: lengthOf(events) },
        needsOfNew(successor),
      )
      return await commit.write(named, async (tx) => {
        const program = completeAndContinue(tx, tx.queue, append, events, placed(successor))
        const { receipt, ...created } = await runLater(program)
        return { receipt, ...answer(created) }
      })
    },
    updateWorkflowRun: async (runId, change, ownerToken) => {
      const ends = change.status !== undefined && isTerminal(change.status)
      const named: Named = {
        runs: [runId],
        ends: ends ? [runId] : [],
        needs: ends
          ? [
              { kind: 'open', runId },
              { kind: 'last', runId },
            ]
          : [],
      }
      return await commit.write(named, (tx) => runRow(updateRun(tx, runId, change, ownerToken).run))
    },
    getWorkflowRun: async (runId) => {
      const run = await find(runId)
      if (run === null) throw runNotFound(runId)
      return run
    },
    findWorkflowRun: find,
    listWorkflowRuns: async (query = {}) => await parts.scripts.read(() => listRuns(query, 'postgres')),
    deleteWorkflowRun: async (runId) => {
      await commit.write({ runs: [runId] }, (tx) => {
        const { run } = mustLoad(tx, runId)
        if (!isTerminal(run.status)) {
          throw invalidTransition(runId, run.status, 'deleting it', [
            'completed',
            'failed',
            'cancelled',
            'killed',
            'timed_out',
          ])
        }
        tx.also('delete from workflow_runs where id = $1', runId)
        tx.drop(runId)
      })
    },
    appendWorkflowLog: async (lines) => {
      if (lines.length > 0) await commit.write(appendLogs.needs(lines), (tx) => appendLogs(tx, lines))
    },
    recordLlmUsage: async (runId, usage, ownerToken) => {
      const events = [{ type: 'usage.recorded', payload: usage }] as const
      const prepared = prepareEvents(runId, events)
      await commit.write(
        needsOf(runId, events),
        (tx) => void appendAsOwner(tx, { runId, ownerToken, appendId: null, events }, prepared),
      )
    },
  }
}

function needsOfNew({ id, input, taskInput, journal = [] }: NewWorkflowRun): Named {
  const hash = input.blob?.hash
  const taken = needsOf(
    id,
    journal.map(({ event }) => event),
  )
  const blobs = (taken.needs ?? []).filter((need) => need.kind === 'blob')
  const own = taskInput.length + (JSON.stringify(input.json) ?? '').length
  return {
    runs: [id],
    needs: hash === undefined ? blobs : [{ kind: 'blob', key: hash }, ...blobs],
    length: own + (taken.length ?? 0),
  }
}

function both(one: Named, other: Named): Named {
  return {
    runs: [...(one.runs ?? []), ...(other.runs ?? [])],
    ends: [...(one.ends ?? []), ...(other.ends ?? [])],
    needs: [...(one.needs ?? []), ...(other.needs ?? [])],
    length: (one.length ?? 0) + (other.length ?? 0),
  }
}
