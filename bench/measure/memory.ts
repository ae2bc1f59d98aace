/** Bytes that live objects take, after a full collection. Needs `--expose-gc`. */
export function liveBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Resident size of the process in MB, after a full collection. Needs `--expose-gc`. */
export function residentMb(): number {
  collect()
  return process.memoryUsage.rss() / 2 ** 20
}

function collect(): void {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('Memory is measured after a collection: start Node with --expose-gc.')
  // The second one takes what finalizers of the first set free.
  gc()
  gc()
}
