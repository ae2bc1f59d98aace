import { openStore } from '@holdfast/store'
import type { BenchAdapter } from '../../adapter.ts'
import { databaseUrlOf } from '../../services/databaseUrlOf.ts'
import { Reader } from '../../services/Reader.ts'
import { openEngine, WAITING } from './engine.ts'

/** Holdfast with its PostgreSQL store. */
export const holdfastPostgres: BenchAdapter = {
  open: async (request) => {
    const url = databaseUrlOf(request)
    const engine = await openEngine(await openStore(url), request)
    const reader = new Reader(url)
    return {
      ...engine,
      countWaiting: () => reader.number(WAITING.replace('workflow_runs', 'holdfast.workflow_runs')),
      storeBytes: () => reader.bytes(),
      close: async () => {
        await reader.close()
        await engine.close()
      },
    }
  },
}
