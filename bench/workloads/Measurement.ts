import type { BenchAdapter, BenchEngine, Surroundings } from '../adapter.ts'
import { Latch } from '../measure/Latch.ts'
import { until } from '../measure/until.ts'
import type { Sizes } from '../sizes.ts'
import { programsFor, type Probe, type ProgramName, type Programs } from './programs.ts'

/** Numbers by name; the unit is the name's end. What could not be measured is absent. */
export type Figures = Readonly<Record<string, number>>

/** Times of one run, in milliseconds of `performance.now()`. */
export interface TimedRun {
  readonly started: number
  /** When each step's body ran. */
  readonly bodies: readonly number[]
  /** When the run's function ended. */
  readonly ended: number
}

/** Where a workload is measured. */
export interface MeasurementPlace {
  readonly adapter: BenchAdapter
  /** Absolute folder for the files of the engine. */
  readonly directory: string
  readonly surroundings: Surroundings
}

/** What a workload measures with: one adapter, in a process and a folder of its own. */
export class Measurement {
  readonly probe: Probe = { onStep: () => {}, onGate: async () => {}, onEnd: () => {} }
  readonly sizes: Sizes
  readonly #place: MeasurementPlace
  readonly #programs: Programs
  #keys = 0

  constructor(place: MeasurementPlace, sizes: Sizes) {
    this.#place = place
    this.sizes = sizes
    this.#programs = programsFor(this.probe)
  }

  /** Opens the engine; `concurrency` is how many runs may be in memory at once. */
  open(concurrency: number): Promise<BenchEngine> {
    const { adapter, directory, surroundings } = this.#place
    return adapter.open({ directory, surroundings, programs: this.#programs, concurrency })
  }

  /** A key that no other run of this process has. */
  key(): string {
    return `${this.#keys++}`
  }

  /** Starts one run and waits until it is over, in the store too. */
  async timedRun(engine: BenchEngine, program: ProgramName, steps: number): Promise<TimedRun> {
    const key = this.key()
    const bodies: number[] = []
    const end = new Latch(1)
    let ended = 0
    this.probe.onStep = (of) => {
      if (of === key) bodies.push(performance.now())
    }
    this.probe.onEnd = (of) => {
      if (of !== key) return
      ended = performance.now()
      end.hit()
    }
    const started = performance.now()
    await engine.start(program, { key, steps })
    await end.opened
    await until(async () => (await engine.busy()) === 0, 'the run to be over')
    return { started, bodies, ended }
  }
}
