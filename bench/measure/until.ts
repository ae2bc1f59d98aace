import { setTimeout as delay } from 'node:timers/promises'

const EVERY_MS = 2

/** Waits until `condition` holds. @throws Error naming `what` after `limitMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 300_000,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`After ${limitMs} ms still waiting: ${what}.`)
    await delay(EVERY_MS)
  }
}
