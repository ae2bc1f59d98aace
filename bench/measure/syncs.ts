import { readSyncCount } from './syncFile.ts'

/** Calls of the process that holds the data so far; null where nobody counts them (see `shim/`). */
function syncsSoFar(): number | null {
  const path = process.env['BENCH_SYNC_FILE']
  return path === undefined ? null : readSyncCount(path)
}

/** Counts from now on. The answer gives the count per unit as a figure, or none where nobody counts. */
export function countSyncs(): <Name extends string>(name: Name, units: number) => { [K in Name]?: number } {
  const before = syncsSoFar()
  return (name, units) => {
    const after = syncsSoFar()
    if (before === null || after === null) return {}
    return { [name]: (after - before) / units } as { [K in typeof name]?: number }
  }
}
