/** How much each workload does. */
export interface Sizes {
  readonly w1Steps: number
  readonly w2Runs: number
  readonly w2Steps: number
  readonly w3Runs: number
  readonly w4Steps: number
  readonly w5Runs: number
  /** How long the process is watched while nothing happens; longer than the worker's poll and heartbeat. 0: not at all. */
  readonly w5IdleMs: number
  readonly w6Steps: number
  readonly replaySteps: number
}

const FULL: Sizes = {
  w1Steps: 200,
  w2Runs: 1000,
  w2Steps: 10,
  w3Runs: 200,
  w4Steps: 2000,
  w5Runs: 10_000,
  w5IdleMs: 6000,
  w6Steps: 1000,
  replaySteps: 20_000,
}

/** Only shows that everything works. */
const QUICK: Sizes = {
  w1Steps: 20,
  w2Runs: 20,
  w2Steps: 5,
  w3Runs: 5,
  w4Steps: 50,
  w5Runs: 50,
  w5IdleMs: 1000,
  w6Steps: 50,
  replaySteps: 200,
}

const VARIABLES = {
  w1Steps: 'W1_STEPS',
  w2Runs: 'W2_RUNS',
  w2Steps: 'W2_STEPS',
  w3Runs: 'W3_RUNS',
  w4Steps: 'W4_STEPS',
  w5Runs: 'W5_RUNS',
  w5IdleMs: 'W5_IDLE_MS',
  w6Steps: 'W6_STEPS',
  replaySteps: 'REPLAY_STEPS',
} as const satisfies Record<keyof Sizes, string>

/** The sizes in force: those of the environment (`W1_STEPS`, `W2_RUNS`, …) over full or quick ones. @throws RangeError. */
export function sizesFrom(environment: NodeJS.ProcessEnv, quick: boolean): Sizes {
  const sizes: Record<keyof Sizes, number> = { ...(quick ? QUICK : FULL) }
  for (const name of Object.keys(VARIABLES) as (keyof Sizes)[]) {
    const text = environment[VARIABLES[name]]
    if (text !== undefined) sizes[name] = positive(text, VARIABLES[name])
  }
  return sizes
}

/** The sizes, none larger than in `atMost`. */
export function limited(sizes: Sizes, atMost: Partial<Sizes> = {}): Sizes {
  const limits = Object.entries(atMost) as [keyof Sizes, number][]
  return {
    ...sizes,
    ...Object.fromEntries(limits.map(([name, most]) => [name, Math.min(sizes[name], most)])),
  }
}

/** Whether these are the sizes that the targets speak of. */
export function isFullSize(sizes: Sizes): boolean {
  return (Object.keys(FULL) as (keyof Sizes)[]).every((name) => sizes[name] === FULL[name])
}

function positive(text: string, what: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 2)
    throw new RangeError(`${what} is ${JSON.stringify(text)}. Give a whole number from 2.`)
  return value
}
