import type { JournalIndex } from '../journal/JournalIndex.ts'
import type { UnaskedCall } from './contract.ts'

/**
 * Calls of the journal that the code did not make, the outermost of each part. What lies inside of a step's attempt
 * and the engine's own questions are not made by the workflow's code.
 */
export function unaskedOf(index: JournalIndex, asked: ReadonlySet<string>): UnaskedCall[] {
  const unasked: UnaskedCall[] = []
  for (const record of index.records()) {
    const { key } = record
    if (asked.has(key) || key.includes('#')) continue
    if (around(key).some((outer) => isHidden(index, asked, outer))) continue
    const kind = record.is === 'step' ? record.kind : record.is === 'note' ? noteKind(record.type) : record.is
    unasked.push({ key, kind })
  }
  return unasked
}

/** What lies inside is told with it, or is not made by the workflow's code. */
function isHidden(index: JournalIndex, asked: ReadonlySet<string>, outer: string): boolean {
  const record = index.get(outer)
  if (record === undefined) return false
  return !asked.has(outer) || (record.is === 'step' && record.kind !== 'scope' && record.kind !== 'race')
}

/** Keys of the calls that a key may lie inside of. */
function around(key: string): string[] {
  return [...key.matchAll(/[@/]/g)].map(({ index }) => key.slice(0, index))
}

function noteKind(type: string): string {
  return type === 'run.updated' ? 'tag' : type.slice(0, type.indexOf('.'))
}
