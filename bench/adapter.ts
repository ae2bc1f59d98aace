import type { Programs, ProgramName, ProgramInput } from './workloads/programs.ts'

/** What stands beside a measuring process; null where its adapter needs no such thing. */
export interface Surroundings {
  /** Folder in whose `node_modules` the packages of a peer are. */
  readonly packages: string | null
  /** Address of an empty PostgreSQL database, or that of the measurement's first process. */
  readonly databaseUrl: string | null
  readonly restate: RestateServer | null
}

/** A server of Restate on this machine: its ports, and the absolute folder of its data. */
export interface RestateServer {
  readonly ingressPort: number
  readonly adminPort: number
  readonly nodePort: number
  /** Where the measuring process listens for the server. */
  readonly endpointPort: number
  readonly directory: string
}

/** Where and how an engine is opened for one measurement. */
export interface OpenRequest {
  /** Empty folder for its files, or that of the measurement's first process. */
  readonly directory: string
  readonly programs: Programs
  /** Runs that may be in memory at once. */
  readonly concurrency: number
  readonly surroundings: Surroundings
}

/** An engine under measurement. It goes on with unfinished runs by itself as soon as it is open. */
export interface BenchEngine {
  /** Most starts that are on their way at once; default 1000. */
  readonly startsAtOnce?: number
  /** Starts a run. Resolves when it is durable that it will happen, or later. */
  start(program: ProgramName, input: ProgramInput): Promise<void>
  /** Runs that have neither ended nor been parked. */
  busy(): number | Promise<number>
  /** Runs that wait in the store, counted there. */
  countWaiting(): number | Promise<number>
  /** Bytes on disk once the log of the database is moved into it, where it can be. */
  storeBytes(): number | Promise<number>
  close(): Promise<void>
}

/** One way to run workflows durably. */
export interface BenchAdapter {
  open(request: OpenRequest): Promise<BenchEngine>
}
