import { closeSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'

/** `fsync` and `fdatasync` calls of this process so far; null where nobody counts them (see `shim/`). */
function syncsSoFar(): number | null {
  const path = process.env['BENCH_SYNC_FILE']
  if (path === undefined) return null
  const bytes = Buffer.alloc(8)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(file)
  }
  return Number(endianness() === 'LE' ? bytes.readBigUInt64LE() : bytes.readBigUInt64BE())
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
