import { syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'

/** A thread ends the process when whoever started it is gone, also while author's code gives no control back. */
const WATCHDOG = `
  const parent = process.ppid
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)
`

/** Starts the watchdog. Afterwards no thread can be started, in which a replay's limits would not hold. */
export function startWatchdog(): void {
  new workerThreads.Worker(WATCHDOG, { eval: true, execArgv: [] }).unref()
  workerThreads.Worker = class {
    constructor() {
      throw Object.assign(new Error('A dry replay starts no threads: put what does into a step.'), {
        code: 'ERR_ACCESS_DENIED',
      })
    }
  } as never
  syncBuiltinESMExports()
}
