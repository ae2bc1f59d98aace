import { blobsOf } from '../sql/decode.ts'
import { readIfThere } from './io.ts'
import type { Layout } from './layout.ts'

/** Texts, by hash, of the blobs in which values of these rows lie; those that are missing are left out. */
export function blobTexts(
  layout: Layout,
  table: Parameters<typeof blobsOf>[0],
  rows: readonly object[],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const hash of blobsOf(table, rows)) {
    const bytes = /^[0-9a-f]{64}$/.test(hash) ? readIfThere(layout.blob(hash)) : null
    if (bytes !== null) texts.set(hash, bytes.toString('utf8'))
  }
  return texts
}
