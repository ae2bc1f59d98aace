import { join } from 'node:path'
import type { BenchAdapter } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { BetterSqliteModule, LangGraphModule, SqliteSaverModule } from './api.ts'
import { kept, openEngine } from './engine.ts'

const THREADS = 'select distinct thread_id as thread from checkpoints'
const INTERRUPTED = `select count(distinct thread_id) as count from writes where channel = '__interrupt__'`

/** LangGraph's functional API on SQLite, made as durable as the others: `synchronous=FULL`. */
export const langgraphSqlite: BenchAdapter = {
  open: async (request) => {
    const packages = packagesOf(request)
    const module = await importFrom<LangGraphModule>(packages, '@langchain/langgraph')
    const { SqliteSaver } = await importFrom<SqliteSaverModule>(
      packages,
      '@langchain/langgraph-checkpoint-sqlite',
    )
    const { default: Database } = await importFrom<BetterSqliteModule>(packages, 'better-sqlite3')
    const db = new Database(join(request.directory, 'langgraph.db'))
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    const known = db.prepare(`select 1 from sqlite_master where name = 'checkpoints'`).all().length > 0
    const threads = known
      ? kept(
          db
            .prepare(THREADS)
            .all()
            .map(({ thread }) => String(thread)),
        )
      : []
    const engine = openEngine({ module, checkpointer: new SqliteSaver(db), request, threads })
    return {
      ...engine,
      countWaiting: () => Number(db.prepare(INTERRUPTED).all()[0]?.['count']),
      storeBytes: () => {
        db.pragma('wal_checkpoint(TRUNCATE)')
        return folderBytes(request.directory)
      },
      close: async () => db.close(),
    }
  },
}
