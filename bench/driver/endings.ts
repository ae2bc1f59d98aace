/** Ends something that outlives this process or is left on the disk. */
type Ending = () => void | Promise<void>

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
const open = new Set<Ending>()
let interrupted = false

/** What to do should the benchmark be interrupted before the answer is called. The last one is done first. */
export function ifInterrupted(ending: Ending): () => void {
  open.add(ending)
  return () => void open.delete(ending)
}

/** Ends what is under way when the process is told to end, and then the process; the code is 128 and the signal. */
export function endOnSignals(): void {
  for (const [name, number] of Object.entries(SIGNALS))
    process.on(name, () => {
      if (interrupted) return
      interrupted = true
      void endAll().finally(() => process.exit(128 + number))
    })
}

/** Never resolves once the benchmark was interrupted, so that nothing new begins while everything ends. */
export async function unlessInterrupted(): Promise<void> {
  if (interrupted) await new Promise(() => {})
}

async function endAll(): Promise<void> {
  for (const ending of [...open].toReversed()) {
    try {
      await ending()
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
    }
  }
}
