import type { Card } from '../Card.ts'

/** The product, and the least that any durable engine must do. */
export const OWN_CARDS = [
  {
    name: 'floor',
    system: 'floor',
    title: 'floor',
    store: 'sqlite',
    durability: 'node:sqlite, WAL, `synchronous=FULL`: one commit with `fsync` per moment in which steps end',
    recovery: 'the next process, at once',
    // It does nothing at all while it is idle.
    atMost: { w5IdleMs: 0 },
    load: async () => (await import('./floor/sqlite.ts')).floorSqlite,
  },
  {
    name: 'holdfast',
    system: 'holdfast',
    title: 'Holdfast',
    store: 'sqlite',
    durability: 'node:sqlite, WAL, `synchronous=FULL`: one commit with `fsync` per moment in which steps end',
    recovery: 'any worker: at once on the same machine, elsewhere after its lease',
    load: async () => (await import('./holdfast/sqlite.ts')).holdfastSqlite,
  },
  {
    name: 'floor:postgres',
    system: 'floor',
    title: 'floor, PostgreSQL',
    store: 'postgres',
    durability: 'PostgreSQL, `fsync` and `synchronous_commit` on: concurrent steps share a statement',
    recovery: 'the next process, at once',
    atMost: { w5IdleMs: 0 },
    // The target there is a time, not a ratio, and its seed takes long.
    without: ['REPLAY'],
    load: async () => (await import('./floor/postgres.ts')).floorPostgres,
  },
  {
    name: 'holdfast:postgres',
    system: 'holdfast',
    title: 'Holdfast, PostgreSQL',
    store: 'postgres',
    durability: 'PostgreSQL, `fsync` and `synchronous_commit` on: concurrent steps share a transaction',
    recovery: 'any worker: at once on the same machine, elsewhere after its lease',
    load: async () => (await import('./holdfast/postgres.ts')).holdfastPostgres,
  },
] as const satisfies readonly Card[]
