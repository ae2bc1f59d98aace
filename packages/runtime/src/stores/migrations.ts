import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SchemaStatus } from '@holdfast/store'
import { keepStoreOutOfTree } from '../project/keepStoreOutOfTree.ts'
import { projectPaths } from '../project/paths.ts'
import { storeAddress, type ProjectPlace } from './storeAddress.ts'

/** How the schema of the project's store stands. Nothing is changed. @throws WorkflowError `STORE_…`, `CONFIG_INVALID`. */
export async function migrationStatus(place: ProjectPlace): Promise<SchemaStatus> {
  const { url } = await storeAddress(place)
  const { schemaStatus } = await import('@holdfast/store')
  return await schemaStatus(url)
}

/** Brings the schema of the project's store up to date. Answers how it stood before. @throws WorkflowError `STORE_…`. */
export async function migrateUp(place: ProjectPlace): Promise<SchemaStatus> {
  const { url, root, from } = await storeAddress(place)
  const { openStore, schemaStatus } = await import('@holdfast/store')
  const before = await schemaStatus(url)
  // Only the default folder is made: a store that somebody named must be where he said.
  if (from === 'default') await mkdir(dirname(projectPaths(root).database), { recursive: true })
  await keepStoreOutOfTree(root, url)
  await (await openStore(url)).close()
  return before
}
