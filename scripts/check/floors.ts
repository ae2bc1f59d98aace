/** Where a room stands and what it may import beside the floors below it that the table names. */
interface Place {
  readonly floor: number
  /** Packages or subpaths that it may import; a package allows all of its subpaths. */
  readonly imports: readonly string[]
}

const sdk = '@holdfast/workflow-sdk'

/** The house: one row per room, as ARCHITECTURE.md draws it. `holdfast` is the package of `apps/cli`. */
export const ROOMS: Readonly<Record<string, Place>> = {
  '@holdfast/workflow-sdk': { floor: 0, imports: [] },
  '@holdfast/store': { floor: 2, imports: [sdk] },
  '@holdfast/workspace': { floor: 2, imports: [sdk] },
  '@holdfast/engine': { floor: 3, imports: ['@holdfast/store', sdk] },
  '@holdfast/agents': { floor: 3, imports: ['@holdfast/workspace', sdk] },
  '@holdfast/runtime': {
    floor: 4,
    imports: ['@holdfast/engine', '@holdfast/agents', '@holdfast/store', '@holdfast/workspace', sdk],
  },
  '@holdfast/api': { floor: 1, imports: [sdk] },
  '@holdfast/server': { floor: 5, imports: ['@holdfast/runtime', '@holdfast/api', sdk] },
  holdfast: {
    floor: 6,
    imports: ['@holdfast/server', '@holdfast/runtime', '@holdfast/engine', '@holdfast/agents', sdk],
  },
}

/** Subpaths to which an import is narrowed: the engine sees the store's contract; only its tests see a backend. */
const NARROWED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '@holdfast/engine': { '@holdfast/store': ['@holdfast/store/contract'] },
}

/** Whether a room may import a package, or with `specifier` this very subpath of it. */
export function mayImport(room: string, target: string, specifier?: string): boolean {
  const place = ROOMS[room]
  if (place === undefined || !place.imports.includes(target)) return false
  const narrowed = NARROWED[room]?.[target]
  return specifier === undefined || narrowed === undefined || narrowed.includes(specifier)
}
