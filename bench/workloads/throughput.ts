import { Latch } from '../measure/Latch.ts'
import { residentMb } from '../measure/memory.ts'
import { countSyncs } from '../measure/syncs.ts'
import { until } from '../measure/until.ts'
import type { Figures, Measurement } from './Measurement.ts'
import { startAll } from './startAll.ts'

/** W2: many runs of a few steps each, started as fast as they are accepted. */
export async function throughput(bench: Measurement): Promise<Figures> {
  const { w2Runs: runs, w2Steps: steps } = bench.sizes
  const engine = await bench.open(runs)
  await bench.timedRun(engine, 'sequence', steps)
  const ends = new Latch(runs)
  let bodies = 0
  bench.probe.onStep = () => void bodies++
  bench.probe.onEnd = () => ends.hit()
  const bytesBefore = await engine.storeBytes()
  const syncs = countSyncs()
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  await startAll(engine, runs, () => engine.start('sequence', { key: bench.key(), steps }))
  await ends.opened
  await until(async () => (await engine.busy()) === 0, 'every run to be over')
  const seconds = (performance.now() - began) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  const counted = syncs('syncsPerStep', bodies)
  const figures = {
    stepsPerSecond: bodies / seconds,
    cpuUsPerStep: (cpu.user + cpu.system) / bodies,
    bytesPerStep: ((await engine.storeBytes()) - bytesBefore) / bodies,
    bodiesPerStep: bodies / (runs * steps),
    residentMb: residentMb(),
    ...counted,
  }
  await engine.close()
  return figures
}
