import { availableParallelism, loadavg, totalmem } from 'node:os'
import { rawSyncUs } from './rawSync.ts'

/** What the figures depend on beside the code. */
export interface Machine {
  readonly cores: number
  readonly memoryGb: number
  /** Operating system and processor architecture, e.g. `linux x64`. */
  readonly system: string
  readonly node: string
  readonly sqlite: string
  /** Median microseconds of writing 4 KiB and `fdatasync`. */
  readonly rawSyncUs: number
  /** Mean number of processes that wanted to run in the last minute. */
  readonly load: number
}

/** The facts of this machine; the disk is that of `folder`. */
export function machineFacts(folder: string): Machine {
  return {
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    rawSyncUs: rawSyncUs(folder),
    load: loadavg()[0] ?? 0,
  }
}
