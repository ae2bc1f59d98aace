import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '@holdfast/store'
import type { BenchAdapter } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import { openEngine, WAITING } from './engine.ts'

/** Holdfast with its SQLite store. */
export const holdfastSqlite: BenchAdapter = {
  open: async (request) => {
    const path = join(request.directory, 'holdfast.db')
    const engine = await openEngine(await openSqliteStore({ path }), request)
    const reader = new DatabaseSync(path)
    const waiting = reader.prepare(WAITING)
    return {
      ...engine,
      countWaiting: () => waiting.get()?.['count'] as number,
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
