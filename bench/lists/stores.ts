import { join } from 'node:path'
import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { PostgresServer } from '@holdfast/store/testing'
import { Client } from 'pg'
import { fillPostgres } from './fillPostgres.ts'
import { fillSqlite } from './fillSqlite.ts'

/** Where filled stores come from, and what has to end with them. */
export interface Stores {
  /** A store that holds so many runs, open. */
  filled(runs: number): Promise<IWorkflowStore>
  remove(): Promise<void>
}

/** SQLite files in a folder, which the caller removes. */
export function sqliteStores(folder: string): Stores {
  return {
    filled: async (runs) => {
      const path = join(folder, `${runs}.db`)
      await (await openStore(`sqlite:${path}`)).close()
      fillSqlite(path, runs)
      return await openStore(`sqlite:${path}`)
    },
    remove: async () => {},
  }
}

/** Databases of a server of their own. */
export async function postgresStores(): Promise<Stores> {
  const server = await PostgresServer.create()
  return {
    filled: async (runs) => {
      const admin = new Client({ connectionString: server.url() })
      await admin.connect()
      await admin.query(`create database runs_${runs}`)
      await admin.end()
      const address = server.url(`runs_${runs}`)
      await (await openStore(address)).close()
      await fillPostgres(address, runs)
      return await openStore(address)
    },
    remove: async () => await server.remove(),
  }
}
