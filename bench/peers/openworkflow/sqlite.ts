import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BenchAdapter, OpenRequest } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { OpenWorkflowModule, SqliteModule } from './api.ts'
import { BUSY, openEngine, WAITING } from './engine.ts'

/** More would not be faster: all of them share one connection. */
const MOST_RUNS = 100

/** OpenWorkflow on SQLite: its backend's own settings, one worker in the same process. */
export const openworkflowSqlite: BenchAdapter = {
  open: async (request: OpenRequest) => {
    const packages = packagesOf(request)
    const module = await importFrom<OpenWorkflowModule>(packages, 'openworkflow')
    const { BackendSqlite } = await importFrom<SqliteModule>(packages, 'openworkflow/sqlite')
    const path = join(request.directory, 'openworkflow.db')
    const backend = BackendSqlite.connect(path)
    const reader = new DatabaseSync(path)
    const count = (which: string): number =>
      reader.prepare(`select count(*) as count from workflow_runs where ${which}`).get()?.['count'] as number
    const engine = await openEngine({ module, backend, request, mostRuns: MOST_RUNS })
    return {
      ...engine,
      startsAtOnce: 1,
      busy: () => count(BUSY),
      countWaiting: () => count(WAITING),
      storeBytes: () => {
        reader.exec('pragma wal_checkpoint(truncate)')
        return folderBytes(request.directory)
      },
      close: async () => {
        reader.close()
        await engine.close()
      },
    }
  },
}
