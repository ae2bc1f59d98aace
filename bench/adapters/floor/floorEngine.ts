import type { BenchEngine } from '../../adapter.ts'
import type { BenchContext, ProgramInput, ProgramName, Programs } from '../../workloads/programs.ts'
import { DONE, WAITING, type FloorStore } from './FloorStore.ts'

/**
 * The practical limit: it does only what no durable engine can leave out. One row per finished step, committed
 * with an `fsync` that concurrent steps share. No retries, waits, events or views.
 */
export async function floorEngine(store: FloorStore, programs: Programs): Promise<BenchEngine> {
  let started = 0
  let busy = 0

  const execute = async (
    id: string,
    name: ProgramName,
    input: ProgramInput,
    results: ReadonlyMap<number, string>,
  ): Promise<void> => {
    let number = 0
    const ctx: BenchContext = {
      step: async (_name, body) => {
        const own = number++
        const known = results.get(own)
        if (known !== undefined) return JSON.parse(known)
        const value = await body()
        await store.addStep(id, own, JSON.stringify(value))
        return value
      },
      sleep: async (milliseconds) => {
        await store.addStep(id, number++, String(Date.now() + milliseconds))
        await store.setStatus(id, WAITING)
        busy--
        await new Promise(() => {})
      },
    }
    busy++
    await programs[name](ctx, input)
    await store.setStatus(id, DONE)
    busy--
  }

  for (const { id, program, input, results } of await store.openRuns())
    void execute(id, program, input, results)
  return {
    start: async (name, input) => {
      const id = `${process.pid}-${started++}`
      await store.addRun(id, name, input)
      void execute(id, name, input, new Map())
    },
    busy: () => busy,
    countWaiting: () => store.countWaiting(),
    storeBytes: () => store.bytes(),
    close: () => store.close(),
  }
}
