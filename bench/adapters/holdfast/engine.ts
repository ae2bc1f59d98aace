import { createEngine } from '@holdfast/engine'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { createHostPort } from '@holdfast/workspace'
import type { BenchEngine, OpenRequest } from '../../adapter.ts'
import { noAgents, noRunFiles } from './absent.ts'
import { registerPrograms } from './registerPrograms.ts'

/** Runs that are parked, in SQL. */
export const WAITING = `select count(*) as count from workflow_runs where status = 'waiting'`

/**
 * Holdfast itself: the engine as a user has it, the worker in the same process. Runs touch no files, and so have
 * no workspace; log files are left out, everything in the database is there. Closing it closes the store.
 */
export async function openEngine(
  store: IWorkflowStore,
  { directory, programs, concurrency }: OpenRequest,
): Promise<Pick<BenchEngine, 'start' | 'busy' | 'close'>> {
  const project = await store.ensureProject({ name: 'bench', path: directory })
  const { definitions, find } = await registerPrograms(store, project, programs)
  const engine = createEngine({
    store,
    definitions,
    workspace: null,
    agents: noAgents,
    files: noRunFiles,
    host: createHostPort(),
  })
  const worker = await engine.startWorker({ concurrency })
  return {
    start: async (program, input) => {
      await engine.start({ projectId: project.id, ...find(program), input })
    },
    busy: () => worker.activeRuns().length,
    close: async () => {
      await worker.stop()
      await store.close()
    },
  }
}
