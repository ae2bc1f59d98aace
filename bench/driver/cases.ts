import type { WorkloadName } from '../workloads/workloads.ts'

/** Extra time of each `fsync` in the cases that end in `slow`: that of a laptop's disk. */
const SLOW_SYNC_US = 1000

/** Every case, a workload under one condition, in the order in which they are measured. */
export const CASES = [
  { id: 'W1', workload: 'W1', syncDelayUs: 0 },
  { id: 'W2', workload: 'W2', syncDelayUs: 0 },
  { id: 'W3', workload: 'W3', syncDelayUs: 0 },
  { id: 'W4', workload: 'W4', syncDelayUs: 0 },
  { id: 'W5', workload: 'W5', syncDelayUs: 0 },
  { id: 'W6', workload: 'W6', syncDelayUs: 0 },
  { id: 'W1slow', workload: 'W1', syncDelayUs: SLOW_SYNC_US },
  { id: 'W2slow', workload: 'W2', syncDelayUs: SLOW_SYNC_US },
  { id: 'REPLAY', workload: 'REPLAY', syncDelayUs: 0 },
] as const satisfies readonly { id: string; workload: WorkloadName; syncDelayUs: number }[]

/** Id of a case. */
export type CaseId = (typeof CASES)[number]['id']
