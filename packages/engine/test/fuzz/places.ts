import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, openStore } from '@holdfast/store'
import type { FuzzPlace } from './fuzz.ts'

/** A SQLite file. */
export function sqlitePlace(): FuzzPlace {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  return {
    name: 'sqlite',
    open: async (now) => await openSqliteStore({ path: join(folder, 'fuzz.db'), now }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A folder of files. */
export function filesPlace(): FuzzPlace {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  return {
    name: 'files',
    open: async (now) => await openStore(`file:${folder}`, { now }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A schema of its own on a PostgreSQL server. */
export function postgresPlace(server: string): FuzzPlace {
  const url = `${server}?schema=fuzz_${randomUUID().replaceAll('-', '')}`
  return {
    name: 'postgres',
    open: async (now) => await openStore(url, { now }),
    remove: async () => {},
  }
}

/** A store in memory that all who open it share. */
export async function calmPlace(): Promise<FuzzPlace> {
  let time = (): number => 0
  const store = await openSqliteStore({ path: ':memory:', now: () => time() })
  const shared = new Proxy(store, {
    get(target, property) {
      if (property === 'close') return async () => {}
      const member: unknown = Reflect.get(target, property)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
  return {
    name: 'memory',
    open: async (now) => {
      time = now
      return shared
    },
    remove: async () => await store.close(),
  }
}
