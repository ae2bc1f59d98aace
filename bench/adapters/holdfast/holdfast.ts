import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createEngine } from '@holdfast/engine'
import { openSqliteStore } from '@holdfast/store'
import { createHostPort } from '@holdfast/workspace'
import type { BenchAdapter } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import { noAgents, noRunFiles } from './absent.ts'
import { registerPrograms } from './registerPrograms.ts'

/**
 * Holdfast itself: engine and SQLite store as a user has them, the worker in the same process. Runs touch
 * no files, and so have no workspace; log files are left out, everything in the database is there.
 */
export const holdfast: BenchAdapter = {
  open: async ({ directory, programs, concurrency }) => {
    const path = join(directory, 'holdfast.db')
    const store = await openSqliteStore({ path })
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
    const reader = new DatabaseSync(path)
    const waiting = reader.prepare(`select count(*) as count from workflow_runs where status = 'waiting'`)
    return {
      start: async (program, input) => {
        await engine.start({ projectId: project.id, ...find(program), input })
      },
      busy: () => worker.activeRuns().length,
      countWaiting: () => waiting.get()?.['count'] as number,
      storeBytes: () => {
        reader.exec('pragma wal_checkpoint(truncate)')
        return folderBytes(directory)
      },
      close: async () => {
        reader.close()
        await worker.stop()
        await store.close()
      },
    }
  },
}
