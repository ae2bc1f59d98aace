import type { BenchAdapter } from '../../adapter.ts'
import { databaseUrlOf } from '../../services/databaseUrlOf.ts'
import { Reader } from '../../services/Reader.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { OpenWorkflowModule, PostgresModule } from './api.ts'
import { BUSY, openEngine, WAITING } from './engine.ts'

const MOST_RUNS = 50
const STARTS_AT_ONCE = 20

/** OpenWorkflow on PostgreSQL: its backend's own settings, one worker in the same process. */
export const openworkflowPostgres: BenchAdapter = {
  open: async (request) => {
    const packages = packagesOf(request)
    const url = databaseUrlOf(request)
    const module = await importFrom<OpenWorkflowModule>(packages, 'openworkflow')
    const { BackendPostgres } = await importFrom<PostgresModule>(packages, 'openworkflow/postgres')
    const backend = await BackendPostgres.connect(url)
    const reader = new Reader(url)
    const count = (which: string): Promise<number> =>
      reader.number(`select count(*) from openworkflow.workflow_runs where ${which}`)
    const engine = await openEngine({ module, backend, request, mostRuns: MOST_RUNS })
    return {
      ...engine,
      startsAtOnce: STARTS_AT_ONCE,
      busy: () => count(BUSY),
      countWaiting: () => count(WAITING),
      storeBytes: () => reader.bytes(),
      close: async () => {
        await reader.close()
        await engine.close()
      },
    }
  },
}
