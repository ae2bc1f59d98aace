import { basename, extname } from 'node:path'
import {
  openOwnFile,
  type AgentSessionRow,
  type IWorkflowStore,
  type WorkflowArtifactRow,
} from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Context } from '../http/Context.ts'
import type { FileAnswer, Handlers } from '../http/handlers.ts'

type Names = 'downloadLogs' | 'downloadArtifact' | 'downloadTranscript' | 'getAgentSession'

/** Files of runs, streamed. */
export function fileHandlers({ holdfast }: Context): Handlers<Names> {
  const { store } = holdfast
  return {
    downloadLogs: async ({ params: { id } }) => {
      const run = await store.getWorkflowRun(id)
      if (run.log_file_path === null)
        throw new WorkflowError('FILE_NOT_FOUND', `Run ${id} has no log file yet; it has not begun.`, {
          details: { runId: id },
        })
      return await open(id, run.log_file_path, `${run.workflow_name}-${id}.log`, 'text/plain; charset=utf-8')
    },
    downloadArtifact: async ({ params: { id } }) => {
      const { run_id, storage_path, name, mime_type } = await artifactOf(store, id)
      return await open(run_id, storage_path, withExtension(basename(name), storage_path), mime_type)
    },
    getAgentSession: async ({ params: { id } }) => await sessionOf(store, id),
    downloadTranscript: async ({ params: { id } }) => {
      const { run_id, session_file_path } = await sessionOf(store, id)
      return await open(run_id, session_file_path, basename(session_file_path), 'application/jsonl')
    },
  }

  async function open(runId: string, path: string, name: string, mimeType: string): Promise<FileAnswer> {
    const { project_id } = await store.getWorkflowRun(runId)
    const file = await openOwnFile(store, await store.getProject(project_id), path)
    return { file, name, mimeType: TOKEN.test(mimeType) ? mimeType : 'application/octet-stream' }
  }
}

/** `type/subtype` with parameters, as a header may hold it; anything else came from an author's hand. */
const TOKEN = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w-]+)?$/

function withExtension(name: string, path: string): string {
  return extname(name) === '' ? `${name}${extname(path)}` : name
}

async function artifactOf(store: IWorkflowStore, id: string): Promise<WorkflowArtifactRow> {
  return found(id, 'artifact', await store.listArtifacts(runOf(id)))
}

async function sessionOf(store: IWorkflowStore, id: string): Promise<AgentSessionRow> {
  return found(id, 'agent session', await store.listAgentSessions(runOf(id)))
}

/** Ids of rows begin with that of their run: `{runId}.{sequence}.{index}`. */
export function runOf(id: string): string {
  return id.split('.').slice(0, -2).join('.')
}

function found<T extends { readonly id: string }>(id: string, what: string, rows: readonly T[]): T {
  const row = rows.find((one) => one.id === id)
  if (row !== undefined) return row
  throw new WorkflowError('RECORD_NOT_FOUND', `There is no ${what} with id ${JSON.stringify(id)}.`, {
    details: { id },
  })
}
