import { readIfThere } from './io.ts'
import type { Layout } from './layout.ts'

/** Reads the text of blobs; null for one that is not there. */
export function blobText(layout: Layout): (hash: string) => string | null {
  return (hash) =>
    /^[0-9a-f]{64}$/.test(hash) ? (readIfThere(layout.blob(hash))?.toString('utf8') ?? null) : null
}
