import { setTimeout as delay } from 'node:timers/promises'

/** How work is spread. */
export interface LaneOptions {
  readonly width: number
  /** Work that takes longer does not keep the next from beginning. */
  readonly patienceMs: number
  /** Nothing more is begun after its abort. */
  readonly signal?: AbortSignal
}

/**
 * Does work on all items, a few at a time. Resolves when all of it is done, those included that nobody waited for.
 * @throws The first failure, at once.
 */
export async function inLanes<T>(
  items: readonly T[],
  { width, patienceMs, signal }: LaneOptions,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const all: Promise<void>[] = []
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (signal?.aborted === true) return
      const begun = work(item)
      all.push(begun)
      // Told below; until then nobody listens.
      begun.catch(() => {})
      await atMost(begun, patienceMs)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  await Promise.all(all)
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([work, delay(ms, undefined, { signal: over.signal }).catch(() => {})])
  } finally {
    over.abort()
  }
}
