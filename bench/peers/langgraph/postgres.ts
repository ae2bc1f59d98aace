import { Pool } from 'pg'
import type { BenchAdapter } from '../../adapter.ts'
import { databaseUrlOf } from '../../services/databaseUrlOf.ts'
import { Reader } from '../../services/Reader.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { LangGraphModule, PostgresSaverModule } from './api.ts'
import { kept, openEngine } from './engine.ts'

const THREADS = 'select distinct thread_id as thread from checkpoints'
const INTERRUPTED = `select count(distinct thread_id) from checkpoint_writes where channel = '__interrupt__'`

/** LangGraph's functional API on PostgreSQL. */
export const langgraphPostgres: BenchAdapter = {
  open: async (request) => {
    const packages = packagesOf(request)
    const url = databaseUrlOf(request)
    const module = await importFrom<LangGraphModule>(packages, '@langchain/langgraph')
    const { PostgresSaver } = await importFrom<PostgresSaverModule>(
      packages,
      '@langchain/langgraph-checkpoint-postgres',
    )
    const checkpointer = PostgresSaver.fromConnString(url)
    const reader = new Reader(url)
    const known = (await reader.number(`select count(*) from pg_tables where tablename = 'checkpoints'`)) > 0
    await checkpointer.setup()
    const threads = known ? kept(await threadsOf(url)) : []
    const engine = openEngine({ module, checkpointer, request, threads })
    return {
      ...engine,
      countWaiting: () => reader.number(INTERRUPTED),
      storeBytes: () => reader.bytes(),
      close: async () => {
        await reader.close()
        await checkpointer.end()
      },
    }
  },
}

async function threadsOf(connectionString: string): Promise<string[]> {
  const pool = new Pool({ connectionString, max: 1 })
  // The server may end a connection that rests.
  pool.on('error', () => {})
  const { rows } = await pool.query<{ thread: string }>(THREADS)
  await pool.end()
  return rows.map(({ thread }) => thread)
}
