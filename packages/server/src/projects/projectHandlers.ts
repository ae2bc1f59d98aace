import { stat } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { discover } from '@holdfast/runtime'
import type { Context } from '../http/Context.ts'
import type { Handlers } from '../http/handlers.ts'
import { pageOfAll } from '../http/pages.ts'

type Names = 'listProjects' | 'createProject' | 'getProject' | 'updateProject' | 'deleteProject'

/** Projects of the store. */
export function projectHandlers({ holdfast, log }: Context): Handlers<Names> {
  const { store } = holdfast
  return {
    listProjects: async ({ query }) => pageOfAll(await store.listProjects(), query),
    createProject: async ({ body }) => {
      const path = await folder(body.path)
      const row = await store.ensureProject({ name: body.name ?? basename(path), path })
      const { workflows } = await discover(store, { id: row.id, name: row.name, path: row.path })
      log.info({ project: row.id, workflows: workflows.length }, `Discovered ${workflows.length} workflows`)
      return row
    },
    getProject: async ({ params }) => await store.getProject(params.id),
    updateProject: async ({ params, body }) => await store.updateProject(params.id, body),
    deleteProject: async ({ params }) => {
      if (params.id === holdfast.project.id)
        throw new WorkflowError(
          'RECORD_CONFLICT',
          `Project ${params.id} is the one that this server runs in. Stop the server first, or remove it from another project.`,
          { details: { project: params.id } },
        )
      await store.getProject(params.id)
      await store.deleteProject(params.id)
      return null
    },
  }
}

/** @throws WorkflowError `FILE_NOT_FOUND` unless it is the absolute path of a folder. */
async function folder(path: string): Promise<string> {
  const found = isAbsolute(path) && !path.includes('\0') ? await stat(path).catch(() => null) : null
  if (found?.isDirectory() === true) return resolve(path)
  throw new WorkflowError(
    'FILE_NOT_FOUND',
    `${JSON.stringify(path)} is no folder of the server's machine. Give the absolute path of a project's root.`,
    { details: { path } },
  )
}
