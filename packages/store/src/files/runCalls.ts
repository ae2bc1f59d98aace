import { runNotFound } from '../append/checks.ts'
import type { RunStore, WorkflowRunRow } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { checkNewRun } from '../queue/createRun.ts'
import { runRow } from '../sql/runRow.ts'
import { blobTexts } from './blobTexts.ts'
import { listRuns } from './listRuns.ts'
import type { Member } from './Member.ts'

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

/** The calls of {@link RunStore} about runs themselves, on files. */
export function runCalls(member: Member): Pick<RunStore, RunCallName> {
  const { runs } = member
  const find = async (runId: string): Promise<WorkflowRunRow | null> =>
    await member.read(() => {
      const entry = runs.find(runId)
      if (entry === null) return null
      if (entry.trouble !== null) throw entry.trouble
      return runRow(entry.run, blobTexts(member.layout, 'workflow_runs', [entry.run]))
    })
  return {
    createWorkflowRun: async (run) => {
      checkNewRun(run)
      return await member.write('createRun', null, run)
    },
    completeAndContinue: async (request) => {
      prepareEvents(request.append.runId, request.append.events)
      checkNewRun(request.successor)
      return await member.write('completeAndContinue', request.append.runId, request)
    },
    updateWorkflowRun: async (runId, change, ownerToken) =>
      await member.write('updateRun', runId, runId, change, ownerToken ?? null),
    getWorkflowRun: async (runId) => {
      const run = await find(runId)
      if (run === null) throw runNotFound(runId)
      return run
    },
    findWorkflowRun: find,
    listWorkflowRuns: async (query = {}) => await member.read(() => listRuns(runs.all(), query)),
    deleteWorkflowRun: async (runId) => {
      await member.write('deleteRun', runId, runId)
    },
    recordLlmUsage: async (runId, usage, ownerToken) => {
      const event = { type: 'usage.recorded', payload: usage } as const
      prepareEvents(runId, [event])
      await member.write('createEvent', runId, runId, event, ownerToken)
    },
  }
}
