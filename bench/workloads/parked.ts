import { setTimeout as delay } from 'node:timers/promises'
import { liveBytes, residentMb } from '../measure/memory.ts'
import { countSyncs } from '../measure/syncs.ts'
import { until } from '../measure/until.ts'
import type { Figures, Measurement } from './Measurement.ts'
import { startAll } from './startAll.ts'

/** W5: runs that do one step and then sleep for an hour; and what they cost while they sleep. */
export async function parked(bench: Measurement): Promise<Figures> {
  const { w5Runs: runs, w5IdleMs: idleMs } = bench.sizes
  const engine = await bench.open(runs)
  await bench.timedRun(engine, 'sequence', 1)
  const idleBefore = await idleCpu(idleMs)
  const bytesBefore = await engine.storeBytes()
  const memoryBefore = liveBytes()
  let bodies = 0
  bench.probe.onStep = () => void bodies++
  const syncs = countSyncs()
  const began = performance.now()
  await startAll(engine, runs, () => engine.start('park', { key: bench.key(), steps: 2 }))
  await until(async () => bodies === runs && (await engine.busy()) === 0, 'every run to be parked')
  const seconds = (performance.now() - began) / 1000
  const counted = syncs('syncsPerPark', runs)
  const waiting = await engine.countWaiting()
  if (waiting !== runs) throw new Error(`${waiting} runs wait in the store instead of ${runs}.`)
  const figures = {
    parksPerSecond: runs / seconds,
    diskBytesPerRun: ((await engine.storeBytes()) - bytesBefore) / runs,
    memoryBytesPerRun: (liveBytes() - memoryBefore) / runs,
    ...(idleBefore === null ? {} : { idleCpuPercentBefore: idleBefore }),
    residentMb: residentMb(),
    ...counted,
  }
  const idleAfter = await idleCpu(idleMs)
  await engine.close()
  if (idleBefore === null || idleAfter === null) return figures
  return { ...figures, idleCpuPercentMore: idleAfter - idleBefore }
}

/** CPU time of the whole process, as percent of one core, while nothing is asked of it; null when not watched. */
async function idleCpu(idleMs: number): Promise<number | null> {
  if (idleMs === 0) return null
  const before = process.cpuUsage()
  const began = performance.now()
  await delay(idleMs)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 10 / (performance.now() - began)
}
