import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { executionsOf } from './layout.ts'
import { refuseLink } from './ownFolder.ts'

/** A file of a run, open for reading. Whoever has it closes `handle`. */
export interface OwnFile {
  readonly handle: FileHandle
  readonly sizeBytes: number
  readonly modifiedAt: Date
}

/**
 * Opens a file of a run for reading: an artifact, a log, a session file. Only what lies below the folder of runs is
 * opened, and nothing through a link, whoever put it there (RT8).
 * @param path Relative to the project's root, as rows keep it.
 * @throws WorkflowError `FILE_NOT_FOUND`, `PATH_OUTSIDE_PROJECT`.
 */
export async function openOwnFile(
  store: Pick<IWorkflowStore, 'description'>,
  project: ProjectInfo,
  path: string,
): Promise<OwnFile> {
  const executions = executionsOf(store, project)
  const file = join(project.path, path)
  const inside = relative(executions, file)
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || path.includes('\0'))
    throw new WorkflowError(
      'PATH_OUTSIDE_PROJECT',
      `${JSON.stringify(path)} is not among the files of runs in ${executions}.`,
      { details: { path } },
    )
  for (let folder = file; folder !== executions; folder = dirname(folder)) {
    const link = await refuseLink(folder)
    if (link !== null) throw link
  }
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  )
  if (handle === null) throw missing(path)
  const { size, mtime, isFile } = await statOf(handle)
  if (isFile) return { handle, sizeBytes: size, modifiedAt: mtime }
  await handle.close()
  throw missing(path)
}

async function statOf(handle: FileHandle): Promise<{ size: number; mtime: Date; isFile: boolean }> {
  const found = await handle.stat()
  return { size: found.size, mtime: found.mtime, isFile: found.isFile() }
}

function missing(path: string): WorkflowError {
  return new WorkflowError(
    'FILE_NOT_FOUND',
    `The file ${path} is not there any more, or lies on another machine. Its record stays.`,
    { details: { path } },
  )
}
