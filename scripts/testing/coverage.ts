import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Lines of source in a room, and how many of them the tests ran. */
export interface RoomCoverage {
  /** E.g. `packages/store`. */
  readonly room: string
  readonly lines: number
  readonly covered: number
  /** 0 to 100; 100 for a room without lines that run. */
  readonly percent: number
}

interface SummaryEntry {
  readonly lines: { readonly total: number; readonly covered: number }
}

/**
 * Line coverage per room from the coverage reporter's `json-summary` (absolute path of a source file →
 * counts, and `total`). Rooms are `packages/*` and `apps/*`; an unreadable summary has none.
 */
export function readCoverage(root: string, summaryPath: string): RoomCoverage[] {
  if (!existsSync(summaryPath)) return []
  const summary = JSON.parse(readFileSync(summaryPath, 'utf8')) as Record<string, SummaryEntry>
  const rooms = new Map<string, { lines: number; covered: number }>()
  for (const [path, entry] of Object.entries(summary)) {
    const room = /^(?:packages|apps)\/[^/]+/.exec(relative(root, path).replaceAll('\\', '/'))?.[0]
    if (room === undefined) continue
    const sum = rooms.get(room) ?? { lines: 0, covered: 0 }
    sum.lines += entry.lines.total
    sum.covered += entry.lines.covered
    rooms.set(room, sum)
  }
  return [...rooms]
    .map(([room, { lines, covered }]) => ({
      room,
      lines,
      covered,
      percent: lines === 0 ? 100 : (100 * covered) / lines,
    }))
    .toSorted((a, b) => a.room.localeCompare(b.room))
}
