import type { Sizes } from '../sizes.ts'
import type { Figures } from '../workloads/Measurement.ts'
import type { WorkloadName } from '../workloads/workloads.ts'

/**
 * Compares what was done with what was asked for: each step ran, and ran once; the process that was killed had
 * done all its steps before. Steps that ran again after the kill are a figure, not a mistake.
 * @throws Error that says what differs.
 */
export function verify(workload: WorkloadName, sizes: Sizes, figures: Figures): void {
  const { bodiesPerStep } = figures
  if (bodiesPerStep !== undefined && bodiesPerStep !== 1)
    throw new Error(`${workload}: a step ran ${bodiesPerStep} times on average instead of once.`)
  const wanted = { W4: sizes.w4Steps, REPLAY: sizes.replaySteps }[workload as string]
  if (wanted !== undefined && figures['seed.bodies'] !== wanted)
    throw new Error(`${workload}: ${figures['seed.bodies']} steps ran before the kill instead of ${wanted}.`)
}
