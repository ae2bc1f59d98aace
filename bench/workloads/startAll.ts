/** How many starts are on their way at once. */
const AT_ONCE = 1000

/** Starts `count` runs as fast as they are accepted. */
export async function startAll(count: number, start: () => Promise<void>): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await start()
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane))
}
