import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { WorkflowError } from '@holdfast/workflow-sdk'
import { isInside, outside } from '../project/ownPlaces.ts'

/** Where the default place of runs lies in a project. */
const IN_PROJECT = join(sep, '.agent', 'workflows', 'executions')
const WHY = 'files of runs are not written through links'

/**
 * Makes a folder below `executions` and makes sure that no part of it is a link: a step can put one there, and what
 * Holdfast writes would come to lie elsewhere. Above the folders of runs links that stay in the project are fine.
 * The project itself is never made.
 * @throws WorkflowError `PATH_OUTSIDE_PROJECT`; else the error of the system.
 */
export async function ownFolder(executions: string, folder: string): Promise<void> {
  const root = executions.endsWith(IN_PROJECT) ? executions.slice(0, -IN_PROJECT.length) : executions
  let place = root
  for (const part of relative(root, folder).split(sep)) {
    place = join(place, part)
    const found = await lstat(place).catch(() => null)
    if (found?.isDirectory() === true) continue
    if (found?.isSymbolicLink() === true) await checkLink(root, executions, place)
    else await make(place)
  }
}

/**
 * Opens a file of a run for appending, its folder made as needed. What is no ordinary file (a link, a pipe that
 * nobody reads) is refused instead of followed or waited for.
 * @throws As {@link ownFolder}.
 */
export async function openOwn(executions: string, file: string): Promise<FileHandle> {
  await ownFolder(executions, dirname(file))
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
  try {
    return await open(file, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw (await refuseLink(file)) ?? error
  }
}

/** The error when there is a link at `path`, else null. */
export async function refuseLink(path: string): Promise<WorkflowError | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isSymbolicLink() === true ? outside(path, await leadsTo(path), WHY) : null
}

async function checkLink(root: string, executions: string, place: string): Promise<void> {
  const isAbove = isInside(place, executions)
  const real = await realpath(place).catch(() => null)
  if (isAbove && real !== null && isInside(await realpath(root), real)) return
  throw outside(place, await leadsTo(place), WHY)
}

async function make(place: string): Promise<void> {
  await mkdir(place).catch((error: NodeJS.ErrnoException) => {
    // Another writer of the same run was first; whatever else is there is found by whoever opens a file in it.
    if (error.code !== 'EEXIST') throw error
  })
}

async function leadsTo(path: string): Promise<string> {
  return await realpath(path).catch(() => 'something that does not exist')
}
