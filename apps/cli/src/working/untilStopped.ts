import { EXIT } from '../exitCodes.ts'
import type { Io } from '../io.ts'

/** Resolves at the first SIGTERM or Ctrl-C; a second one ends the process at once. `release` stops listening. */
export function untilStopped(io: Io): { readonly promise: Promise<void>; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let signals = 0
  const onSignal = (): void => {
    signals += 1
    if (signals > 1) process.exit(EXIT.cancelled)
    resolve()
  }
  io.signals.on('SIGINT', onSignal)
  io.signals.on('SIGTERM', onSignal)
  return {
    promise,
    release: () => {
      io.signals.off('SIGINT', onSignal)
      io.signals.off('SIGTERM', onSignal)
    },
  }
}
