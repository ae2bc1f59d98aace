import { Latch } from '../measure/Latch.ts'
import { residentMb } from '../measure/memory.ts'
import { until } from '../measure/until.ts'
import type { Figures, Measurement } from './Measurement.ts'

/** First process: runs `steps` steps and stands still inside the next one, until it is killed. */
export async function runToGate(bench: Measurement, steps: number): Promise<Figures> {
  const gate = new Latch(1)
  let bodies = 0
  bench.probe.onStep = () => void bodies++
  bench.probe.onGate = () => {
    gate.hit()
    return new Promise(() => {})
  }
  const engine = await bench.open(1)
  const began = performance.now()
  await engine.start('resume', { key: bench.key(), steps })
  await gate.opened
  return { seedMs: performance.now() - began, bodies }
}

/** Second process: from its start, and from opening the store, to the step that was interrupted. */
export async function resumeToGate(bench: Measurement): Promise<Figures> {
  const gate = new Latch(1)
  let repeated = 0
  let reached = 0
  bench.probe.onStep = () => void repeated++
  bench.probe.onGate = async () => {
    reached = performance.now()
    gate.hit()
  }
  const opening = performance.now()
  const engine = await bench.open(1)
  const opened = performance.now()
  await gate.opened
  await until(async () => (await engine.busy()) === 0, 'the resumed run to be over')
  await engine.close()
  // `performance.now()` counts from the start of the process.
  return {
    resumeMs: reached,
    loadMs: opening,
    openMs: opened - opening,
    replayMs: reached - opened,
    openAndReplayMs: reached - opening,
    stepsRepeated: repeated,
    residentMb: residentMb(),
  }
}
