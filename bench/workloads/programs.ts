import { payload } from '../measure/payload.ts'

/** What a program can do; both adapters offer it. */
export interface BenchContext {
  step(name: string, body: () => unknown): Promise<unknown>
  sleep(milliseconds: number): Promise<void>
}

/** What a run is started with. */
export interface ProgramInput {
  /** Tells the probe which run it is. */
  readonly key: string
  readonly steps: number
}

/** What a measurement sees of the programs; it replaces these functions as it goes. */
export interface Probe {
  /** A step's body runs. */
  onStep(key: string, index: number): void
  /** The body of the last step of `resume` runs; the step ends when the promise does. */
  onGate(key: string): Promise<void>
  /** The function of a run has come to its end. */
  onEnd(key: string): void
}

/** Names of the programs. */
export type ProgramName = 'sequence' | 'resume' | 'park' | 'fan'
/** The code of a run. */
export type Program = (ctx: BenchContext, input: ProgramInput) => Promise<unknown>
/** Every program by its name. */
export type Programs = Readonly<Record<ProgramName, Program>>

/** How long parked runs sleep. */
const PARKED_MS = 3_600_000

/** The programs of all workloads, bound to one probe. */
export function programsFor(probe: Probe): Programs {
  const step = async (ctx: BenchContext, { key }: ProgramInput, index: number): Promise<unknown> =>
    ctx.step(`s${index}`, () => {
      probe.onStep(key, index)
      return payload(index)
    })
  return {
    sequence: async (ctx, input) => {
      for (let index = 0; index < input.steps; index++) await step(ctx, input, index)
      probe.onEnd(input.key)
      return { ok: true }
    },
    resume: async (ctx, input) => {
      for (let index = 0; index < input.steps; index++) await step(ctx, input, index)
      await ctx.step('gate', async () => {
        await probe.onGate(input.key)
        return payload(input.steps)
      })
      probe.onEnd(input.key)
      return { ok: true }
    },
    park: async (ctx, input) => {
      await step(ctx, input, 0)
      await ctx.sleep(PARKED_MS)
      await step(ctx, input, 1)
      return { ok: true }
    },
    fan: async (ctx, input) => {
      await Promise.all(Array.from({ length: input.steps }, (_, index) => step(ctx, input, index)))
      probe.onEnd(input.key)
      return { ok: true }
    },
  }
}
