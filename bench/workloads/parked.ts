import { setTimeout as delay } from 'node:timers/promises'
import { liveBytes, residentMb } from '../measure/memory.ts'
import { countSyncs } from '../measure/syncs.ts'
import { until } from '../measure/until.ts'
import type { Figures, Measurement } from './Measurement.ts'
import { startAll } from './startAll.ts'

/** How long the idle process is watched; longer than the worker's poll and heartbeat. */
const IDLE_MS = 6000

/** W5: runs that do one step and then sleep for an hour; and what they cost while they sleep. */
export async function parked(bench: Measurement): Promise<Figures> {
  const { w5Runs: runs } = bench.sizes
  const engine = await bench.open(runs)
  await bench.timedRun(engine, 'sequence', 1)
  const idleBefore = await idleCpu()
  const bytesBefore = engine.storeBytes()
  const memoryBefore = liveBytes()
  let bodies = 0
  bench.probe.onStep = () => void bodies++
  const syncs = countSyncs()
  const began = performance.now()
  await startAll(runs, () => engine.start('park', { key: bench.key(), steps: 2 }))
  await until(() => bodies === runs && engine.inMemory() === 0, 'every run to be parked')
  const seconds = (performance.now() - began) / 1000
  const counted = syncs('syncsPerPark', runs)
  const waiting = engine.countWaiting()
  if (waiting !== runs) throw new Error(`${waiting} runs wait in the store instead of ${runs}.`)
  const figures = {
    parksPerSecond: runs / seconds,
    diskBytesPerRun: (engine.storeBytes() - bytesBefore) / runs,
    memoryBytesPerRun: (liveBytes() - memoryBefore) / runs,
    idleCpuPercentBefore: idleBefore,
    idleCpuPercentMore: (await idleCpu()) - idleBefore,
    residentMb: residentMb(),
    ...counted,
  }
  await engine.close()
  return figures
}

/** CPU time of the whole process, as percent of one core, while nothing is asked of it. */
async function idleCpu(): Promise<number> {
  const before = process.cpuUsage()
  const began = performance.now()
  await delay(IDLE_MS)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 10 / (performance.now() - began)
}
