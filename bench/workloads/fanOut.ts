import { countSyncs } from '../measure/syncs.ts'
import type { Figures, Measurement } from './Measurement.ts'

const WARM_UP_STEPS = 100

/** W6: one run with all its steps at once, from its start to the end of its function. */
export async function fanOut(bench: Measurement): Promise<Figures> {
  const engine = await bench.open(1)
  await bench.timedRun(engine, 'fan', Math.min(WARM_UP_STEPS, bench.sizes.w6Steps))
  const syncs = countSyncs()
  const { started, bodies, ended } = await bench.timedRun(engine, 'fan', bench.sizes.w6Steps)
  const counted = syncs('syncsPerStep', bodies.length)
  await engine.close()
  return { totalMs: ended - started, bodiesPerStep: bodies.length / bench.sizes.w6Steps, ...counted }
}
