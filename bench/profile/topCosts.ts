import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The part of a V8 CPU profile that is used here (format: Chrome DevTools protocol, `Profiler.Profile`). */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** What one function took. */
export interface Cost {
  /** Name and place, the path relative to the repository. */
  readonly where: string
  /** Time in the function itself, and with everything that it called, in milliseconds. */
  readonly selfMs: number
  readonly totalMs: number
}

const REPOSITORY = resolve(import.meta.dirname, '../..')

/** The functions that took most time themselves, of the largest profile in a folder (that of the main thread). */
export function topCosts(folder: string, count: number): Cost[] {
  const files = readdirSync(folder).map((file) => join(folder, file))
  const [largest] = files.toSorted((a, b) => statSync(b).size - statSync(a).size)
  if (largest === undefined) return []
  const profile = JSON.parse(readFileSync(largest, 'utf8')) as Profile
  return costs(profile)
    .toSorted((a, b) => b.selfMs - a.selfMs)
    .slice(0, count)
}

function costs({ nodes, samples, timeDeltas }: Profile): Cost[] {
  const self = new Map<number, number>()
  for (const [index, id] of samples.entries())
    self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const sums = new Map<string, { selfMs: number; totalMs: number }>()
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id)
    if (node === undefined) return 0
    const where = placeOf(node.callFrame)
    const within = new Set(above).add(where)
    const own = self.get(id) ?? 0
    const total = (node.children ?? []).reduce((sum, child) => sum + visit(child, within), own)
    const sum = sums.get(where) ?? { selfMs: 0, totalMs: 0 }
    sum.selfMs += own
    // A recursive function counts once.
    if (!above.has(where)) sum.totalMs += total
    sums.set(where, sum)
    return total
  }
  const [root] = nodes
  if (root !== undefined) visit(root.id, new Set())
  return [...sums].map(([where, sum]) => ({ where, ...sum }))
}

function placeOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const path = url.startsWith('file:') ? relative(REPOSITORY, fileURLToPath(url)) : url
  return `${name} ${path}:${lineNumber + 1}`
}
