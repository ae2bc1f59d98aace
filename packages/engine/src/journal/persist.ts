import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Clock } from '@holdfast/workflow-sdk/ports'

const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 5000

/** When to stop trying, and whom to tell. */
export interface PersistOptions {
  readonly clock: Clock
  /** Whether nobody needs the write any more. */
  readonly isOver: () => boolean
  /** Told once, when the first try has failed. */
  readonly onStuck: (error: WorkflowError) => void
}

/**
 * Tries again while the store is away or full, with growing delays; the run stands still meanwhile and nothing
 * is lost. The write must be one that may be made twice, e.g. an append with an id of its own.
 * @throws What the store says for good.
 */
export async function persist<T>(
  write: () => Promise<T>,
  { clock, isOver, onStuck }: PersistOptions,
): Promise<T> {
  for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
    try {
      return await write()
    } catch (error) {
      if (!WorkflowError.is(error) || !error.retryable || isOver()) throw error
      if (delayMs === RETRY_FIRST_MS) onStuck(error)
      await new Promise<void>((resolve) => void clock.setTimer(delayMs, resolve))
      if (isOver()) throw error
    }
  }
}
