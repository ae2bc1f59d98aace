import { countSyncs } from '../measure/syncs.ts'
import { gaps, percentile } from '../measure/statistics.ts'
import type { Figures, Measurement } from './Measurement.ts'

const WARM_UP_STEPS = 100

/** W1: one run, its steps one after the other. The time of a step is that between two bodies. */
export async function sequential(bench: Measurement): Promise<Figures> {
  const engine = await bench.open(1)
  await bench.timedRun(engine, 'sequence', Math.min(WARM_UP_STEPS, bench.sizes.w1Steps))
  const syncs = countSyncs()
  const { started, bodies, ended } = await bench.timedRun(engine, 'sequence', bench.sizes.w1Steps)
  const counted = syncs('syncsPerStep', bodies.length)
  await engine.close()
  const stepsUs = gaps(bodies).map((milliseconds) => milliseconds * 1000)
  return {
    stepP50Us: percentile(stepsUs, 0.5),
    stepP99Us: percentile(stepsUs, 0.99),
    totalMs: ended - started,
    bodiesPerStep: bodies.length / bench.sizes.w1Steps,
    ...counted,
  }
}
