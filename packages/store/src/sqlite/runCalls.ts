import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { mustLoad, runNotFound } from '../append/checks.ts'
import { completeAndContinue } from '../append/continueRun.ts'
import { invalidTransition } from '../append/transitions.ts'
import { updateRun } from '../append/updateRun.ts'
import type { RunStore, WorkflowRunRow } from '../contract/index.ts'
import { columnTextOrNull } from '../payload/text.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { checkNewRun, createRun, type CreatedRun } from '../queue/createRun.ts'
import { runNow } from '../queue/program.ts'
import { blobsOf, decodeRow } from '../sql/decode.ts'
import { claimed } from './queueCalls.ts'
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
  | 'ensureSession'
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
    listWorkflowRuns: async (query = {}) =>
      await parts.query(async (db) => (await import('../sql/runQueries.ts')).listRuns(db, query)),
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
    ensureSession: async ({ projectId, name, agentName }) =>
      await commit.write((tx) => {
        mustHaveProject(parts, projectId)
        tx.connection.run(
          ENSURE_SESSION,
          crypto.randomUUID(),
          projectId,
          columnTextOrNull(agentName),
          name,
          tx.timestamp,
        )
        const row = tx.connection.get<Awaited<ReturnType<RunStore['ensureSession']>>>(
          FIND_SESSION,
          projectId,
          name,
        )
        if (row === null)
          throw new WorkflowError(
            'INTERNAL',
            `Session ${name} of project ${projectId} vanished while it was made.`,
          )
        return { ...row }
      }),
  }
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function mustHaveProject(parts: StoreParts, projectId: string): void {
  if (parts.connection.get('select 1 from projects where id = ?', projectId) !== null) return
  throw new WorkflowError('RECORD_NOT_FOUND', `No project has the id ${projectId}. Register it first.`, {
    details: { projectId },
  })
}

const ENSURE_SESSION = `insert into sessions (id, project_id, agent_name, name, created_at) values (?, ?, ?, ?, ?)
  on conflict (project_id, name) do nothing`
const FIND_SESSION = 'select * from sessions where project_id = ? and name = ?'
