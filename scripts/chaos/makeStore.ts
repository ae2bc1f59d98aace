import { join } from 'node:path'
import { PostgresServer } from '@holdfast/store/testing'

/** A store for a storm. */
interface StormStore {
  readonly address: string
  /** Stops and starts its server as a crash would; null where there is none of ours. */
  readonly restart: (() => Promise<void>) | null
  readonly remove: () => Promise<void>
}

/** Makes a store of this kind in the folder; anything else is the address of one that is there. */
export async function makeStore(kind: string, folder: string): Promise<StormStore> {
  const without = { restart: null, remove: async () => {} }
  if (kind === 'sqlite') return { ...without, address: `sqlite:${join(folder, 'chaos.db')}` }
  if (kind === 'files') return { ...without, address: `file:${join(folder, 'store')}` }
  if (kind !== 'postgres') return { ...without, address: kind }
  const server = await PostgresServer.create()
  return {
    address: server.url(),
    restart: async () => {
      await server.stop('immediate')
      await server.start()
    },
    remove: () => server.remove(),
  }
}
