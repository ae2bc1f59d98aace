import type { Surroundings } from '../adapter.ts'
import type { AdapterName } from '../cards.ts'
import type { Sizes } from '../sizes.ts'
import type { Figures } from '../workloads/Measurement.ts'
import type { WorkloadName } from '../workloads/workloads.ts'

/** What a measuring process is told, as JSON in its first argument. */
export interface ProcessRequest {
  readonly workload: WorkloadName
  readonly phase: 'seed' | 'run'
  readonly adapter: AdapterName
  readonly directory: string
  readonly surroundings: Surroundings
  readonly sizes: Sizes
}

/** What it answers, as one message to its parent. */
export interface ProcessAnswer {
  readonly figures: Figures
}
