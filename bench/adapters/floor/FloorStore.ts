import type { ProgramInput, ProgramName } from '../../workloads/programs.ts'

/** Status of a run that goes on. */
export const OPEN = 0
/** Status of a run that sleeps. */
export const WAITING = 1
/** Status of a run that has ended. */
export const DONE = 2

/** A run that was open when the store was opened. */
export interface OpenRun {
  readonly id: string
  readonly program: ProgramName
  readonly input: ProgramInput
  /** Results of its finished steps by their number, as JSON. */
  readonly results: ReadonlyMap<number, string>
}

/** The least that must be kept. Each write resolves when it is durable. */
export interface FloorStore {
  openRuns(): Promise<readonly OpenRun[]>
  addRun(id: string, program: ProgramName, input: ProgramInput): Promise<void>
  addStep(run: string, number: number, result: string): Promise<void>
  setStatus(run: string, status: typeof WAITING | typeof DONE): Promise<void>
  countWaiting(): number | Promise<number>
  bytes(): number | Promise<number>
  close(): Promise<void>
}
