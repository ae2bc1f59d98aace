import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isCode } from './errors.ts'
import { namesByTime, readIfThere, replaceDurably, statIfThere } from './io.ts'
import { isRunId, type Layout } from './layout.ts'

/** A write that one process asks another for. */
export interface Request {
  readonly name: string
  readonly args: readonly unknown[]
}

/** Files of one request. */
export interface RequestFiles {
  readonly id: string
  /** The request itself; renamed when the holder has taken it. */
  readonly request: string
  readonly taken: string
  /** Tells the holder of a request that lies in the inbox of a run; null for one that lies where he looks anyway. */
  readonly bell: string | null
  readonly answer: string
}

/** Where a request lies: what is said to a run in the inbox of the run, everything else in that of the store. */
export function requestFiles(layout: Layout, id: string, runId: string | null): RequestFiles {
  const folder = runId === null ? layout.requests : layout.inbox(runId)
  return {
    id,
    request: join(folder, `${id}.json`),
    taken: join(folder, `${id}.taken`),
    bell: runId === null ? null : join(layout.requests, `${id}.${runId}.bell`),
    answer: join(layout.answers, `${id}.json`),
  }
}

/** Puts a request where the holder finds it. */
export async function putRequest(layout: Layout, files: RequestFiles, request: Request): Promise<void> {
  mkdirSync(layout.answers, { recursive: true })
  await replaceDurably(files.request, JSON.stringify(request))
  if (files.bell !== null) await replaceDurably(files.bell, '')
}

/** Takes a request back. False: the holder has it already. */
export function withdraw(files: RequestFiles): boolean {
  const isWithdrawn = move(files.request, `${files.request}.withdrawn`)
  if (!isWithdrawn) return false
  rmSync(`${files.request}.withdrawn`, { force: true })
  if (files.bell !== null) rmSync(files.bell, { force: true })
  return true
}

/** Takes a request for the holder. Null: it was withdrawn. */
export function takeRequest(files: RequestFiles): string | null {
  if (!move(files.request, files.taken) && statIfThere(files.taken) === null) return null
  return readIfThere(files.taken)?.toString('utf8') ?? null
}

/** Every request that lies where the holder looks, oldest first. */
export function waitingRequests(layout: Layout): RequestFiles[] {
  return namesByTime(layout.requests).flatMap((name) => {
    if (name.endsWith('.bell')) {
      const [, id = '', runId = ''] = /^([0-9a-z-]+)\.(.+)\.bell$/.exec(name) ?? []
      return isRunId(runId) ? [requestFiles(layout, id, runId)] : []
    }
    const id = idOf(name)
    return id === null ? [] : [requestFiles(layout, id, null)]
  })
}

/** Requests in the inbox of a run, also those without a bell. */
export function requestsOfRun(layout: Layout, runId: string): RequestFiles[] {
  return namesByTime(layout.inbox(runId)).flatMap((name) => {
    const id = idOf(name)
    return id === null ? [] : [requestFiles(layout, id, runId)]
  })
}

function idOf(name: string): string | null {
  return /^([0-9a-z-]+)\.(json|taken)$/.exec(basename(name))?.[1] ?? null
}

function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}
