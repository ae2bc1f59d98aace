import type { Clock } from '@holdfast/workflow-sdk/ports'

/** The longest delay that Node's timers take. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, fn) => {
    let left = delayMs
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const next = Math.min(left, MAX_TIMER_MS)
      left -= next
      timer = setTimeout(() => (left > 0 ? arm() : fn()), next)
    }
    arm()
    return () => clearTimeout(timer)
  },
}
