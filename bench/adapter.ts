import type { Programs, ProgramName, ProgramInput } from './workloads/programs.ts'

/** Where and how an engine is opened for one measurement. */
export interface OpenRequest {
  /** Empty folder for its files, or that of the measurement's first process. */
  readonly directory: string
  readonly programs: Programs
  /** Runs that may be in memory at once. */
  readonly concurrency: number
}

/** An engine under measurement. It goes on with unfinished runs by itself as soon as it is open. */
export interface BenchEngine {
  /** Starts a run. Resolves when it is durable that it will happen. */
  start(program: ProgramName, input: ProgramInput): Promise<void>
  /** Runs that are in memory, whatever they do there. */
  inMemory(): number
  /** Runs that wait in the store, counted there. */
  countWaiting(): number
  /** Bytes on disk once the log of the database is moved into it. */
  storeBytes(): number
  close(): Promise<void>
}

/** One way to run workflows durably. */
export interface BenchAdapter {
  readonly name: AdapterName
  open(request: OpenRequest): Promise<BenchEngine>
}

/** Names of the adapters: the product, and the least that any durable engine must do. */
export type AdapterName = 'holdfast' | 'floor'

/** The adapter of a name. Loaded on demand, so that neither pays for the other's modules. */
export async function loadAdapter(name: AdapterName): Promise<BenchAdapter> {
  return name === 'floor'
    ? (await import('./adapters/floor/floor.ts')).floor
    : (await import('./adapters/holdfast/holdfast.ts')).holdfast
}
