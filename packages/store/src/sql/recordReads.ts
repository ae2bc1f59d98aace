import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Kysely } from 'kysely'
import type { RunStore } from '../contract/index.ts'
import { listAttempts } from './attempts.ts'
import { listAgentEnds, listProviderLimits, readSharedBudget } from './money.ts'
import { blobsOf, bySequence, decodeRow, storedValue } from './decode.ts'
import { listChat, listLogs, listQuestions, listSteps, listUsage } from './recordQueries.ts'
import type { ScriptRunner } from './Script.ts'
import type { Tables } from './tables.ts'
import { sumUsage } from './usageSums.ts'

/** What reading takes; every SQL backend has it. */
export interface Reading {
  /** Runs a query and gives its errors the store's words. */
  query<T>(query: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  readonly scripts: Pick<ScriptRunner, 'read' | 'dialect'>
  /** Texts of blobs by hash; those that are missing are left out. */
  blobTexts(hashes: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/** Calls of {@link RunStore} that read what belongs to runs. */
export type RecordRead =
  | 'getWorkflowStep'
  | 'listWorkflowSteps'
  | 'listExecutionLogs'
  | 'getCompletedDagNodeOutputs'
  | 'listWorkflowLogs'
  | 'listComments'
  | 'listArtifacts'
  | 'listAgentSessions'
  | 'listLlmUsage'
  | 'sumLlmUsage'
  | 'readSharedBudget'
  | 'listProviderLimits'
  | 'listAgentEnds'
  | 'listApprovals'
  | 'listMessages'
  | 'listCheckpoints'
  | 'getWorkspace'
  | 'listWorkspaces'

/** Reads of what belongs to runs, through the query builder and so the same on every SQL database. */
export function recordReads(from: Reading): Pick<RunStore, RecordRead> {
  return {
    getWorkflowStep: async (stepId) =>
      await from.query(async (db) => {
        const row = await db
          .selectFrom('workflow_steps')
          .selectAll()
          .where('id', '=', stepId)
          .executeTakeFirst()
        if (row === undefined)
          throw new WorkflowError('RECORD_NOT_FOUND', `No step has the id ${stepId}.`, {
            details: { stepId },
          })
        const texts = await from.blobTexts(blobsOf('workflow_steps', [row]))
        return decodeRow('workflow_steps', row, texts)
      }),
    listWorkflowSteps: async (runId) => await from.query((db) => listSteps(db, runId)),
    listExecutionLogs: async (query) => await from.scripts.read(() => listAttempts(query)),
    getCompletedDagNodeOutputs: async (runId) => await from.query((db) => nodeOutputs(db, from, runId)),
    listWorkflowLogs: async (query) => await from.query((db) => listLogs(db, query)),
    listComments: async (runId) =>
      await from.query(async (db) => {
        const rows = await db
          .selectFrom('workflow_comments')
          .selectAll()
          .where('run_id', '=', runId)
          .execute()
        return rows.map((row) => decodeRow('workflow_comments', row)).toSorted(bySequence)
      }),
    listArtifacts: async (runId) =>
      await from.query(async (db) => {
        const rows = await db
          .selectFrom('workflow_artifacts')
          .selectAll()
          .where('run_id', '=', runId)
          .execute()
        return rows.map((row) => decodeRow('workflow_artifacts', row)).toSorted(bySequence)
      }),
    listAgentSessions: async (runId) =>
      await from.query(async (db) => {
        const rows = await db.selectFrom('agent_sessions').selectAll().where('run_id', '=', runId).execute()
        return rows.map((row) => decodeRow('agent_sessions', row)).toSorted(bySequence)
      }),
    listLlmUsage: async (query) => await from.query((db) => listUsage(db, query)),
    sumLlmUsage: async (query) => await from.scripts.read(() => sumUsage(query, from.scripts.dialect)),
    readSharedBudget: async (query) => await from.scripts.read(() => readSharedBudget(query)),
    listProviderLimits: async (query) => await from.scripts.read(() => listProviderLimits(query)),
    listAgentEnds: async (query) => await from.scripts.read(() => listAgentEnds(query)),
    listApprovals: async (query = {}) => await from.query((db) => listQuestions(db, query)),
    listMessages: async (query) => await from.query((db) => listChat(db, query)),
    listCheckpoints: async (runId) =>
      await from.query(async (db) => {
        const rows = await db.selectFrom('checkpoints').selectAll().where('run_id', '=', runId).execute()
        return rows.map((row) => decodeRow('checkpoints', row)).toSorted(bySequence)
      }),
    getWorkspace: async (id) =>
      await from.query(async (db) => {
        const row = await db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : decodeRow('workspaces', row)
      }),
    listWorkspaces: async (projectId) =>
      await from.query(async (db) => {
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

type NodeOutputs = Awaited<ReturnType<RunStore['getCompletedDagNodeOutputs']>>

async function nodeOutputs(db: Kysely<Tables>, from: Reading, runId: string): Promise<NodeOutputs> {
  const rows = await db.selectFrom('workflow_node_outputs').selectAll().where('run_id', '=', runId).execute()
  const texts = await from.blobTexts(blobsOf('workflow_steps', rows))
  return new Map(
    rows.map((row) => [
      row.node_id,
      {
        output: storedValue(row.output, row.output_blob, texts),
        costUsd: row.cost === null ? null : Math.round(row.cost * 1e6) / 1e6,
        completedAt: row.completed_at,
      },
    ]),
  )
}
