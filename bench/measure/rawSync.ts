import { closeSync, fdatasyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './statistics.ts'

const CALLS = 300

/** Median time in microseconds of writing 4 KiB to a file of this folder and `fdatasync`. */
export function rawSyncUs(folder: string): number {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `sync-${process.pid}`)
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096, 1)
  try {
    return median(
      Array.from({ length: CALLS }, () => {
        const began = performance.now()
        writeSync(file, page)
        fdatasyncSync(file)
        return (performance.now() - began) * 1000
      }),
    )
  } finally {
    closeSync(file)
    unlinkSync(path)
  }
}
