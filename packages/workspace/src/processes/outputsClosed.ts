import type { Readable } from 'node:stream'

/** After its program and group are gone, an output that brings nothing for this long is held open by a stranger. */
const IDLE_MS = 1000

/**
 * Waits until the outputs of an ended program are read to their end. When one stays open and silent, a
 * process that left the group has inherited it: `sweep` ends those, and what is open even then is closed.
 */
export async function outputsClosed(
  outputs: readonly Readable[],
  sweep: () => Promise<unknown>,
): Promise<void> {
  if (await overOrIdle(outputs)) return
  await sweep()
  if (await overOrIdle(outputs)) return
  for (const output of outputs) output.destroy()
}

/** True once all outputs are over, false when they fall silent before. */
async function overOrIdle(outputs: readonly Readable[]): Promise<boolean> {
  const over = Promise.all(outputs.map(whenOver)).then(() => true)
  const watch = watchForSilence(outputs)
  try {
    return await Promise.race([over, watch.silent.then(() => false)])
  } finally {
    watch.stop()
  }
}

async function whenOver(output: Readable): Promise<void> {
  if (output.readableEnded || output.destroyed) return
  await new Promise<void>((resolve) => {
    output.once('end', resolve)
    output.once('close', resolve)
  })
}

/** A reader that pauses leaves bytes in the buffer: that is no silence of the writer. */
function watchForSilence(outputs: readonly Readable[]): { silent: Promise<void>; stop: () => void } {
  const { promise: silent, resolve } = Promise.withResolvers<void>()
  let before = bytesRead(outputs)
  const timer = setInterval(() => {
    const now = bytesRead(outputs)
    const unread = outputs.some((output) => output.readableLength > 0)
    if (now === before && !unread) resolve()
    before = now
  }, IDLE_MS)
  return { silent, stop: () => clearInterval(timer) }
}

/** Both outputs of a child are sockets, which count what came in. */
function bytesRead(outputs: readonly Readable[]): number {
  return outputs.reduce((sum, output) => sum + ((output as { bytesRead?: number }).bytesRead ?? 0), 0)
}
