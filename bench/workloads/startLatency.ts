import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../measure/statistics.ts'
import type { Figures, Measurement } from './Measurement.ts'

const WARM_UP_RUNS = 10
const SHORTEST_GAP_MS = 5
const MORE_GAP_MS = 20

/** W3: runs of one step, one by one with pauses of irregular length. From the start to the step's body. */
export async function startLatency(bench: Measurement): Promise<Figures> {
  const engine = await bench.open(1)
  const latencies: number[] = []
  for (let run = -WARM_UP_RUNS; run < bench.sizes.w3Runs; run++) {
    const { started, bodies } = await bench.timedRun(engine, 'sequence', 1)
    const [first] = bodies
    if (run >= 0 && first !== undefined) latencies.push(first - started)
    // Without gaps every start would meet warm caches and an empty queue.
    await delay(SHORTEST_GAP_MS + Math.random() * MORE_GAP_MS)
  }
  await engine.close()
  return { startP50Ms: percentile(latencies, 0.5), startP99Ms: percentile(latencies, 0.99) }
}
