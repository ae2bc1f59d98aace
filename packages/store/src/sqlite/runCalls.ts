import { isTerminal } from '@holdfast/workflow-sdk'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { mustLoad, runNotFound } from '../append/checks.ts'
import { completeAndContinue } from '../append/continueRun.ts'
import { invalidTransition } from '../append/transitions.ts'
import { updateRun } from '../append/updateRun.ts'
import type { RunStore, WorkflowRunRow } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { checkNewRun, createRun, type CreatedRun } from '../queue/createRun.ts'
import { runNow } from '../queue/program.ts'
import { blobsOf, decodeRow } from '../sql/decode.ts'
import { claimed } from './queueCalls.ts'
import { listRuns } from '../sql/runQueries.ts'
import { runRow } from '../sql/runRow.ts'
import type { StoreParts } from './StoreParts.ts'

/** Calls of {@link RunStore} about runs themselves; the others are about what belongs to runs. */
export type RunCallName =
  | 'createWorkflowRun'
  | 'completeAndContinue'
  | 'updateWorkflowRun'
  | 'getWorkflowRun'
  | 'findWorkflowRun'
  | 'listWorkflowRuns'
  | 'deleteWorkflowRun'
  | 'recordLlmUsage'
type RunCalls = Pick<RunStore, RunCallName>

/** The calls of {@link RunStore} about runs themselves, on SQLite. */
export function runCalls(parts: StoreParts): RunCalls {
  const { commit, connection } = parts
  const find = async (runId: string): Promise<WorkflowRunRow | null> =>
    await parts.read(() => {
      const row = connection.get<object>('select * from workflow_runs where id = ?', runId)
      if (row === null) return null
      return decodeRow('workflow_runs', row, parts.texts(blobsOf('workflow_runs', [row])))
    })
  const answer = ({ fold, created, claim }: CreatedRun) => {
    const run = runRow(fold.run)
    return { run, created, claimed: claim === null ? null : claimed(claim, run) }
  }
  return {
    createWorkflowRun: async (run) => {
      checkNewRun(run)
      return await commit.write((tx) => answer(runNow(createRun(tx, tx.queue, run))))
    },
    completeAndContinue: async ({ append, successor }) => {
      const events = prepareEvents(append.runId, append.events)
      checkNewRun(successor)
      return await commit.write((tx) => {
        const { receipt, ...created } = runNow(completeAndContinue(tx, tx.queue, append, events, successor))
        return { receipt, ...answer(created) }
      })
    },
    updateWorkflowRun: async (runId, change, ownerToken) =>
      await commit.write((tx) => runRow(updateRun(tx, runId, change, ownerToken).run)),
    getWorkflowRun: async (runId) => {
      const run = await find(runId)
      if (run === null) throw runNotFound(runId)
      return run
    },
    findWorkflowRun: find,
    listWorkflowRuns: async (query = {}) => await parts.scripts.read(() => listRuns(query, 'sqlite')),
    deleteWorkflowRun: async (runId) => {
      await commit.write((tx) => {
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
        tx.flush()
        tx.connection.run('delete from workflow_runs where id = ?', runId)
        tx.drop(runId)
      })
    },
    recordLlmUsage: async (runId, usage, ownerToken) => {
      const events = [{ type: 'usage.recorded', payload: usage }] as const
      const prepared = prepareEvents(runId, events)
      await commit.write(
        (tx) => void appendAsOwner(tx, { runId, ownerToken, appendId: null, events }, prepared),
      )
    },
  }
}
