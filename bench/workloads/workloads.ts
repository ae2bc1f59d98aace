import { fanOut } from './fanOut.ts'
import type { Figures, Measurement } from './Measurement.ts'
import { parked } from './parked.ts'
import { resumeToGate, runToGate } from './resume.ts'
import { sequential } from './sequential.ts'
import { startLatency } from './startLatency.ts'
import { throughput } from './throughput.ts'

/** Something to measure, in a fresh process. */
export interface Workload {
  /** Runs first, in a process that is then killed with SIGKILL; `run` goes on from what it left. */
  readonly seed?: (bench: Measurement) => Promise<Figures>
  readonly run: (bench: Measurement) => Promise<Figures>
}

/** Every workload that is measured inside a process of an adapter. */
export const WORKLOADS = {
  W1: { run: sequential },
  W2: { run: throughput },
  W3: { run: startLatency },
  W4: { seed: (bench) => runToGate(bench, bench.sizes.w4Steps), run: resumeToGate },
  W5: { run: parked },
  W6: { run: fanOut },
  REPLAY: { seed: (bench) => runToGate(bench, bench.sizes.replaySteps), run: resumeToGate },
} as const satisfies Record<string, Workload>

/** Name of a workload. */
export type WorkloadName = keyof typeof WORKLOADS
