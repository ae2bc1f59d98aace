import { existsSync } from 'node:fs'
import { DEFAULT_SETTINGS, isDead } from '@holdfast/engine'
import type { CopyOptions } from '@holdfast/store'
import type { TransferSummary } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { createHostPort } from '@holdfast/workspace'
import { storeAddress, type ProjectPlace } from './storeAddress.ts'

/** A copy that was made. */
export interface StoreCopy {
  /** Addresses without passwords. */
  readonly from: string
  readonly to: string
  readonly tables: TransferSummary
}

/**
 * Copies a store into an empty one, whatever their backends: all or nothing, verified by reading back. Relative
 * paths are relative to the project's root.
 * @throws WorkflowError `STORE_IN_USE` while a worker lives on the source, `STORE_NOT_EMPTY`, `STORE_…`.
 */
export async function copyStores(
  place: ProjectPlace,
  from: string,
  to: string,
  onRecord?: CopyOptions['onRecord'],
): Promise<StoreCopy> {
  const [source, target] = [await storeAddress(place, from), await storeAddress(place, to)]
  if (source.url === target.url)
    throw new WorkflowError('USAGE', `The store cannot be copied to itself. Name two stores.`)
  mustBeThere(source.url)
  const { copyStore, openStore } = await import('@holdfast/store')
  const host = createHostPort()
  const opened = await openStore(source.url)
  try {
    const made = await openStore(target.url)
    try {
      const tables = await copyStore(opened, made, {
        isAlive: (worker) =>
          !isDead(worker, { host, now: Date.now(), leaseDurationMs: DEFAULT_SETTINGS.leaseDurationMs }),
        ...(onRecord === undefined ? {} : { onRecord }),
      })
      return { from: opened.description, to: made.description, tables }
    } finally {
      await made.close()
    }
  } finally {
    await opened.close()
  }
}

/** Opening makes a store where there is none; a copy of that would be empty. */
function mustBeThere(url: string): void {
  const path = /^(?:sqlite|file):(.*)$/.exec(url)?.[1]
  if (path === undefined || existsSync(path)) return
  throw new WorkflowError(
    'STORE_UNAVAILABLE',
    `There is no store at ${url} that could be copied. Give the address of one that exists.`,
    { details: { path } },
  )
}
