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
    load: async () => (await import('./floor/floor.ts')).floor,
  },
  {
    name: 'holdfast',
    system: 'holdfast',
    title: 'Holdfast',
    store: 'sqlite',
    durability: 'node:sqlite, WAL, `synchronous=FULL`: one commit with `fsync` per moment in which steps end',
    recovery: 'any worker: at once on the same machine, elsewhere after its lease',
    load: async () => (await import('./holdfast/holdfast.ts')).holdfast,
  },
] as const satisfies readonly Card[]
