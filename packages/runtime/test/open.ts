import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { onTestFinished } from 'vitest'
import { createHoldfast, type Holdfast, type HoldfastOptions } from '../src/index.ts'

/** A store in memory with a project; closed when the test ends. */
export async function storeWith(root: string): Promise<{ store: IWorkflowStore; project: ProjectInfo }> {
  const store = await openStore('sqlite::memory:')
  onTestFinished(() => store.close())
  const { id, name, path } = await store.ensureProject({ name: 'test', path: root })
  return { store, project: { id, name, path } }
}

/** A Holdfast on a project, with its own database file; closed when the test ends. */
export async function holdfastOn(projectPath: string, more: HoldfastOptions = {}): Promise<Holdfast> {
  const holdfast = await createHoldfast({ projectPath, env: {}, ...more })
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => (closed ??= holdfast.close())
  onTestFinished(close)
  return { ...holdfast, close }
}
