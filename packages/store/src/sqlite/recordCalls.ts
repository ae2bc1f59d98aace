import { WorkflowError } from '@holdfast/workflow-sdk'
import type { RunStore } from '../contract/index.ts'
import { bySequence, decodeRow, storedValue } from '../sql/decode.ts'
import {
  listAttempts,
  listChat,
  listLogs,
  listQuestions,
  listSteps,
  listUsage,
} from '../sql/recordQueries.ts'
import { appendLogs } from './appendLogs.ts'
import type { RunCallName } from './runCalls.ts'
import type { StoreParts } from './StoreParts.ts'

type RecordCalls = Omit<RunStore, RunCallName>

/** The calls of {@link RunStore} about what belongs to runs, on SQLite. */
export function recordCalls(parts: StoreParts): RecordCalls {
  const { commit, db } = parts
  return {
    getWorkflowStep: async (stepId) =>
      await parts.read(async () => {
        const row = await db
          .selectFrom('workflow_steps')
          .selectAll()
          .where('id', '=', stepId)
          .executeTakeFirst()
        if (row !== undefined) return decodeRow('workflow_steps', row, parts.blobText)
        throw new WorkflowError('RECORD_NOT_FOUND', `No step has the id ${stepId}.`, { details: { stepId } })
      }),
    listWorkflowSteps: async (runId) => await parts.read(() => listSteps(db, runId)),
    listExecutionLogs: async (query) => await parts.read(() => listAttempts(db, query)),
    getCompletedDagNodeOutputs: async (runId) =>
      await parts.read(async () => {
        const rows = await db
          .selectFrom('workflow_node_outputs')
          .selectAll()
          .where('run_id', '=', runId)
          .execute()
        return new Map(
          rows.map((row) => [
            row.node_id,
            {
              output: storedValue(row.output, row.output_blob, parts.blobText),
              costUsd: row.cost === null ? null : Math.round(row.cost * 1e6) / 1e6,
              completedAt: row.completed_at,
            },
          ]),
        )
      }),
    appendWorkflowLog: async (lines) => {
      if (lines.length > 0) await commit.write((tx) => appendLogs(tx, lines))
    },
    listWorkflowLogs: async (query) => await parts.read(() => listLogs(db, query)),
    listComments: async (runId) =>
      await parts.read(async () => {
        const rows = await db
          .selectFrom('workflow_comments')
          .selectAll()
          .where('run_id', '=', runId)
          .execute()
        return rows.map((row) => decodeRow('workflow_comments', row)).toSorted(bySequence)
      }),
    listArtifacts: async (runId) =>
      await parts.read(async () => {
        const rows = await db
          .selectFrom('workflow_artifacts')
          .selectAll()
          .where('run_id', '=', runId)
          .execute()
        return rows.map((row) => decodeRow('workflow_artifacts', row)).toSorted(bySequence)
      }),
    listAgentSessions: async (runId) =>
      await parts.read(async () => {
        const rows = await db.selectFrom('agent_sessions').selectAll().where('run_id', '=', runId).execute()
        return rows.map((row) => decodeRow('agent_sessions', row)).toSorted(bySequence)
      }),
    listLlmUsage: async (query) => await parts.read(() => listUsage(db, query)),
    listApprovals: async (query = {}) => await parts.read(() => listQuestions(db, query)),
    listMessages: async (query) => await parts.read(() => listChat(db, query)),
    listCheckpoints: async (runId) =>
      await parts.read(async () => {
        const rows = await db.selectFrom('checkpoints').selectAll().where('run_id', '=', runId).execute()
        return rows.map((row) => decodeRow('checkpoints', row)).toSorted(bySequence)
      }),
    getWorkspace: async (id) =>
      await parts.read(async () => {
        const row = await db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : decodeRow('workspaces', row)
      }),
    listWorkspaces: async (projectId) =>
      await parts.read(async () => {
        const rows = await db
          .selectFrom('workspaces')
          .selectAll()
          .where('project_id', '=', projectId)
          .orderBy('created_at')
          .orderBy('id')
          .execute()
        return rows.map((row) => decodeRow('workspaces', row))
      }),
  }
}
