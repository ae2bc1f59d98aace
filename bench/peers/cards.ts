import type { Card } from '../Card.ts'
import { dbosPackages } from './dbos/packages.ts'
import { langgraphPackages } from './langgraph/packages.ts'
import { openworkflowPackages } from './openworkflow/packages.ts'
import { restatePackages } from './restate/packages.ts'

/** What would take long and says nothing that other cases do not say, or that few peers can do at all. */
const NOT_TRIED = ['W2slow', 'REPLAY'] as const

/** Other systems that are measured beside Holdfast when they are named. */
export const PEER_CARDS = [
  {
    name: 'openworkflow',
    system: 'openworkflow',
    title: 'OpenWorkflow, SQLite',
    store: 'sqlite',
    durability:
      '0.10.1; node:sqlite, WAL, `synchronous=FULL` (its default): two commits with `fsync` per step',
    recovery: 'any worker, once the lease of 30 s has run out (fixed)',
    packages: openworkflowPackages,
    // A run may have 1,000 attempts of steps; starts and parks take long.
    atMost: { w2Runs: 200, w3Runs: 50, w4Steps: 900, w5Runs: 500, w5IdleMs: 0, w6Steps: 900 },
    without: NOT_TRIED,
    load: async () => (await import('./openworkflow/sqlite.ts')).openworkflowSqlite,
  },
  {
    name: 'langgraph',
    system: 'langgraph',
    title: 'LangGraph, SQLite',
    store: 'sqlite',
    durability:
      '1.7.3, functional API, durability `sync`; better-sqlite3, WAL, `synchronous=FULL` set by us (its default, NORMAL, does not wait for `fsync`)',
    recovery: 'nobody: the caller invokes each thread again, at once',
    packages: langgraphPackages,
    atMost: { w2Runs: 200, w5Runs: 1000, w5IdleMs: 0 },
    without: NOT_TRIED,
    load: async () => (await import('./langgraph/sqlite.ts')).langgraphSqlite,
  },
  {
    name: 'restate',
    system: 'restate',
    title: 'Restate, its server',
    store: 'own',
    durability:
      'server 1.7.12, SDK 1.17.2, default settings: RocksDB, its log written with `fsync`, shared by concurrent steps',
    recovery:
      'its server, which calls the handler again after a pause that grows; the server is not killed here',
    packages: restatePackages,
    atMost: { w5Runs: 1000, w5IdleMs: 0 },
    // The server is linked statically: nothing can count or slow its fsyncs.
    without: [...NOT_TRIED, 'W1slow'],
    load: async () => (await import('./restate/restate.ts')).restate,
  },
  {
    name: 'dbos',
    system: 'dbos',
    title: 'DBOS, PostgreSQL',
    store: 'postgres',
    durability: 'SDK 5.3.0; PostgreSQL, `fsync` and `synchronous_commit` on',
    recovery: 'its own process as soon as it starts again (another host needs Conductor)',
    packages: dbosPackages,
    atMost: { w2Runs: 200, w5Runs: 1000, w5IdleMs: 0 },
    without: NOT_TRIED,
    load: async () => (await import('./dbos/dbos.ts')).dbos,
  },
  {
    name: 'openworkflow:postgres',
    system: 'openworkflow',
    title: 'OpenWorkflow, PostgreSQL',
    store: 'postgres',
    durability: '0.10.1; PostgreSQL, `fsync` and `synchronous_commit` on: two commits per step',
    recovery: 'any worker, once the lease of 30 s has run out (fixed)',
    packages: openworkflowPackages,
    atMost: { w2Runs: 200, w3Runs: 50, w4Steps: 900, w5Runs: 500, w5IdleMs: 0, w6Steps: 900 },
    without: NOT_TRIED,
    load: async () => (await import('./openworkflow/postgres.ts')).openworkflowPostgres,
  },
  {
    name: 'langgraph:postgres',
    system: 'langgraph',
    title: 'LangGraph, PostgreSQL (steps not durable)',
    store: 'postgres',
    durability:
      '**not when its result is handed on**: 1.7.3, functional API, durability `sync`, writes the results of steps later, to a durable PostgreSQL (see W4)',
    recovery: 'nobody: the caller invokes each thread again, at once',
    packages: langgraphPackages,
    atMost: { w2Runs: 200, w5Runs: 1000, w5IdleMs: 0 },
    without: NOT_TRIED,
    load: async () => (await import('./langgraph/postgres.ts')).langgraphPostgres,
  },
] as const satisfies readonly Card[]
