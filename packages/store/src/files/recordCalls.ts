import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ApprovalRow, RunStore } from '../contract/index.ts'
import { bySequence, decodeRow, storedValue } from '../sql/decode.ts'
import { byMessageOrder, byOpenness, logsOf } from './orders.ts'
import { blobTexts } from './blobTexts.ts'
import { listAttempts } from './listAttempts.ts'
import type { Member } from './Member.ts'
import { nodeOutput } from './nodeOutputs.ts'
import type { RunCallName } from './runCalls.ts'
import type { RunState, RunTable } from './RunState.ts'
import { moneyCalls } from './money.ts'
import { sumUsage } from './usageSums.ts'
import { isNode } from './Views.ts'

/** The calls of {@link RunStore} about what belongs to runs, on files. */
export function recordCalls(member: Member): Omit<RunStore, RunCallName> {
  const { runs, records, logs, layout } = member
  const rowsOf = <T extends RunTable>(runId: string, table: T) => [
    ...((runs.state(runId)?.tables[table] ?? new Map()) as RunState['tables'][T]).values(),
  ]
  return {
    getWorkflowStep: async (stepId) =>
      await member.read(() => {
        const row = runs.state(runOf(stepId))?.tables.workflow_steps.get(stepId)
        if (row !== undefined)
          return decodeRow('workflow_steps', row, blobTexts(layout, 'workflow_steps', [row]))
        throw new WorkflowError('RECORD_NOT_FOUND', `No step has the id ${stepId}.`, { details: { stepId } })
      }),
    listWorkflowSteps: async (runId) =>
      await member.read(() =>
        rowsOf(runId, 'workflow_steps')
          .toSorted((a, b) => a.step_number - b.step_number)
          .map((row) => decodeRow('workflow_steps', row)),
      ),
    listExecutionLogs: async (query) => await member.read(() => listAttempts(runs, query)),
    getCompletedDagNodeOutputs: async (runId) =>
      await member.read(() => {
        const state = runs.state(runId)
        if (state === null) return new Map()
        const nodes = [...state.tables.workflow_steps.values()].filter(isNode)
        const texts = blobTexts(layout, 'workflow_steps', nodes)
        return new Map(
          nodes
            .toSorted((a, b) => a.step_number - b.step_number)
            .map((step) => [
              step.step_key,
              { output: storedValue(step.output, step.output_blob, texts), ...nodeOutput(state, step) },
            ]),
        )
      }),
    appendWorkflowLog: async (lines) => {
      if (lines.length > 0) await member.write('appendLines', null, lines)
    },
    listWorkflowLogs: async (query) =>
      await member.read(() =>
        runs.find(query.runId) === null ? [] : logsOf(logs.read(query.runId).rows, query),
      ),
    listComments: async (runId) =>
      await member.read(() =>
        rowsOf(runId, 'workflow_comments')
          .toSorted(bySequence)
          .map((row) => decodeRow('workflow_comments', row)),
      ),
    listArtifacts: async (runId) =>
      await member.read(() =>
        rowsOf(runId, 'workflow_artifacts')
          .toSorted(bySequence)
          .map((row) => decodeRow('workflow_artifacts', row)),
      ),
    listAgentSessions: async (runId) =>
      await member.read(() =>
        rowsOf(runId, 'agent_sessions')
          .toSorted(bySequence)
          .map((row) => decodeRow('agent_sessions', row)),
      ),
    listLlmUsage: async ({ runId, stepId }) =>
      await member.read(() =>
        rowsOf(runId, 'llm_usage')
          .filter((row) => stepId === undefined || row.step_id === stepId)
          .toSorted(bySequence)
          .map((row) => ({ ...row })),
      ),
    ...moneyCalls(member),
    sumLlmUsage: async (query) => await member.read(() => sumUsage(member, query)),
    listApprovals: async ({ runId, status, kind } = {}) =>
      await member.read(() => {
        const asked = runId === undefined ? runsWithQuestions(member, status) : [runId]
        return asked
          .flatMap((id) => rowsOf(id, 'approvals'))
          .filter((row) => status === undefined || row.status === status)
          .filter((row) => kind === undefined || row.kind === kind)
          .map((row) => decodeRow('approvals', row))
          .toSorted(byOpenness)
      }),
    listMessages: async ({ sessionId, runId, after }) =>
      await member.read(() => {
        const asked = runId === undefined ? runsWithMessages(member, sessionId) : [runId]
        const rows = asked
          .flatMap((id) => rowsOf(id, 'messages'))
          .filter((row) => sessionId === undefined || row.session_id === sessionId)
          .map((row) => ({ ...row }))
          .toSorted(byMessageOrder)
        return after === undefined ? rows : rows.slice(rows.findIndex((row) => row.id === after) + 1)
      }),
    listCheckpoints: async (runId) =>
      await member.read(() =>
        rowsOf(runId, 'checkpoints')
          .toSorted(bySequence)
          .map((row) => decodeRow('checkpoints', row)),
      ),
    getWorkspace: async (id) =>
      await member.read(() => {
        const row = records.get('workspaces', id)
        return row === null ? null : decodeRow('workspaces', row)
      }),
    listWorkspaces: async (projectId) =>
      await member.read(() =>
        records
          .list('workspaces')
          .filter((row) => row.project_id === projectId)
          .toSorted((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id))
          .map((row) => decodeRow('workspaces', row)),
      ),
  }
}

/** The run of a row's id, `{runId}.{sequence}.{index}`. */
function runOf(rowId: string): string {
  return rowId.split('.').slice(0, -2).join('.')
}

/** Journals are read of those runs only that have what is asked for; damaged ones are left out. */
function runsWithQuestions({ runs }: Member, status: ApprovalRow['status'] | undefined): string[] {
  const entries = runs.all().filter(({ digest, trouble }) => {
    if (trouble !== null) return false
    return status === 'open' ? digest.openApprovals > 0 : digest.approvals > 0
  })
  return entries.map(({ run }) => run.id)
}

function runsWithMessages({ runs }: Member, sessionId: string | undefined): string[] {
  const entries = runs.all().filter(({ run, digest, trouble }) => {
    if (trouble !== null) return false
    return (
      sessionId === undefined || run.session_id === sessionId || digest.messageSessions.includes(sessionId)
    )
  })
  return entries.map(({ run }) => run.id)
}
