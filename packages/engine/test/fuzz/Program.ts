/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number

/** What a workflow does, drawn by chance. Each part has a name of its own; none depends on how fast another is. */
export type Program =
  | {
      readonly is: 'step'
      readonly id: string
      /** Attempts that fail before one succeeds; of 3. */
      readonly failures: number
      /** Turns of the event loop that an attempt takes. */
      readonly turns: number
      /** Calls another step in itself. */
      readonly nests: boolean
    }
  | { readonly is: 'sleep'; readonly id: string; readonly minutes: number }
  | { readonly is: 'approve' | 'event' | 'state' | 'comment'; readonly id: string }
  | { readonly is: 'child'; readonly id: string; readonly part: Program }
  | { readonly is: 'seq' | 'all' | 'race' | 'map'; readonly id: string; readonly parts: readonly Program[] }

/** Parts of a program at most, and how deep they lie. */
const MAX_PARTS = 14
const MAX_DEPTH = 3

/** Draws a program. */
export function drawProgram(random: Random): Program {
  let parts = 0
  const below = (count: number): number => Math.floor(random() * count)
  const leaf = (id: string): Program => {
    const drawn = below(12)
    if (drawn < 6) return { is: 'step', id, failures: below(5) % 3, turns: below(6), nests: below(4) === 0 }
    if (drawn < 8) return { is: 'sleep', id, minutes: 1 + below(9) }
    return { is: (['approve', 'event', 'state', 'comment'] as const)[below(4)] ?? 'state', id }
  }
  const draw = (depth: number): Program => {
    const id = `n${++parts}`
    const drawn = depth >= MAX_DEPTH || parts > MAX_PARTS ? 9 : below(10)
    if (drawn >= 6) return leaf(id)
    if (drawn === 5) return { is: 'child', id, part: draw(depth + 1) }
    const is = (['seq', 'seq', 'all', 'race', 'map'] as const)[drawn] ?? 'seq'
    return { is, id, parts: Array.from({ length: 1 + below(3) }, () => draw(depth + 1)) }
  }
  return { is: 'seq', id: 'n0', parts: [draw(1), draw(0), draw(1)] }
}

/** A seeded generator: Numerical Recipes, 3rd ed., 7.1, its upper bits mixed. */
export function generator(seed: number): Random {
  let state = (Math.imul(seed, 2_654_435_761) + 12_345) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
  }
}
