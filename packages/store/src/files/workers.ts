import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import type { WorkerRow } from '../contract/index.ts'
import { readJson, statIfThere, temporaryName } from './io.ts'
import type { Layout } from './layout.ts'
import { namesIn } from './Records.ts'

type Stored = Omit<WorkerRow, 'renewed_at'>

/** Writes the row of a worker. Its time of renewal is that of the file, so that renewing it cannot bring a removed one back. */
export async function writeWorker(layout: Layout, worker: Stored, renewedAt: Date): Promise<WorkerRow> {
  const path = layout.worker(worker.id)
  await mkdir(layout.workers, { recursive: true })
  const temporary = temporaryName(path)
  await writeFile(temporary, `${JSON.stringify(worker, null, 1)}\n`, { flag: 'wx' })
  await utimes(temporary, renewedAt, renewedAt)
  await rename(temporary, path)
  return { ...worker, renewed_at: renewedAt.toISOString() }
}

/** The row of a worker; null when there is none. */
export function readWorker(layout: Layout, id: string): WorkerRow | null {
  return readRow(layout.worker(id))
}

/** Workers by their start. */
export function listWorkers(layout: Layout): WorkerRow[] {
  const rows = namesIn(layout.workers).flatMap((name) => readRow(`${layout.workers}/${name}`) ?? [])
  return rows.toSorted((a, b) => a.started_at.localeCompare(b.started_at) || a.id.localeCompare(b.id))
}

function readRow(path: string): WorkerRow | null {
  const stored = readJson<Stored>(path)
  const stat = statIfThere(path)
  if (stored === null || stat === null) return null
  return { ...stored, renewed_at: new Date(Math.round(stat.mtimeMs)).toISOString() }
}
