import { createHash } from 'node:crypto'
import type { TransferRecord, TransferSummary } from '../contract/index.ts'

/** Counts records of a transfer and hashes them, per table, in any order: hashes of single records are added up. */
export class Digest {
  readonly #tables = new Map<TransferRecord['table'], { count: number; sum: bigint }>()

  add(record: TransferRecord): void {
    const table = this.#tables.get(record.table) ?? { count: 0, sum: 0n }
    this.#tables.set(record.table, table)
    for (const piece of piecesOf(record)) {
      const hash = createHash('sha256')
        .update(JSON.stringify(sortedKeys(piece)))
        .digest('hex')
      table.count += 1
      table.sum = BigInt.asUintN(256, table.sum + BigInt(`0x${hash}`))
    }
  }

  summary(): TransferSummary {
    const entries = [...this.#tables].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(
      entries.map(([table, { count, sum }]) => [table, { count, hash: sum.toString(16).padStart(64, '0') }]),
    )
  }
}

/** Tables in which two summaries differ. */
export function differences(a: TransferSummary, b: TransferSummary): string[] {
  const tables = new Set([...Object.keys(a), ...Object.keys(b)] as TransferRecord['table'][])
  return [...tables].filter(
    (table) => a[table]?.count !== b[table]?.count || a[table]?.hash !== b[table]?.hash,
  )
}

/** What is counted: events one by one, however they were cut into records. */
function piecesOf(record: TransferRecord): readonly unknown[] {
  switch (record.table) {
    case 'workflow_events':
      return record.events
    case 'workflow_runs':
      return [record.run]
    case 'blobs':
      return [{ hash: createHash('sha256').update(record.bytes).digest('hex') }]
    default:
      return [record.row]
  }
}

/** The same value with keys in one order, whatever order a database gives them back in. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]))
}
