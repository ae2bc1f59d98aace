import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { Project } from './projects.ts'

/** Looks into the store of a project; it is open only meanwhile. */
export async function withStore<T>(
  project: Pick<Project, 'path'>,
  look: (store: IWorkflowStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(`sqlite:${project.path}/.agent/holdfast.db`)
  try {
    return await look(store)
  } finally {
    await store.close()
  }
}
