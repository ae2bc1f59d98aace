import type { BenchEngine } from '../adapter.ts'

/** How many starts are on their way at once. */
const AT_ONCE = 1000

/** Starts `count` runs as fast as they are accepted. */
export async function startAll(
  { startsAtOnce = AT_ONCE }: BenchEngine,
  count: number,
  start: () => Promise<void>,
): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await start()
  }
  await Promise.all(Array.from({ length: Math.min(startsAtOnce, count) }, lane))
}
