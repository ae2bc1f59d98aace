import type { TestProject } from 'vitest/node'
import { Server } from '../../src/testing/postgres/Server.ts'

/** One server for all rooms of a test run that ask for it. */
interface Shared {
  server: Promise<Server> | null
  users: number
}

const KEY = Symbol.for('holdfast.tests.postgres')
const shared: Shared = ((globalThis as Record<symbol, unknown>)[KEY] ??= {
  server: null,
  users: 0,
} satisfies Shared) as Shared

/** Global set-up of vitest: gives tests the address of a server under `inject('postgresUrl')`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users++
  shared.server ??= Server.create()
  const server = await shared.server
  project.provide('postgresUrl', server.url())
  return async () => {
    shared.users--
    if (shared.users === 0) {
      shared.server = null
      await server.remove()
    }
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of a PostgreSQL server, with the password of its superuser and the database `postgres`. */
    postgresUrl: string
  }
}
