import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { NamedCard } from '../cards.ts'
import { isFullSize, sizesFrom, type Sizes } from '../sizes.ts'
import { chosenCards } from './adapters.ts'
import { CASES, type CaseId } from './cases.ts'

/** What the benchmark was asked to do. */
export interface BenchOptions {
  readonly cases: ReadonlySet<CaseId | 'START'>
  /** Who is measured, in the order of their turns. */
  readonly cards: readonly NamedCard[]
  readonly reps: number
  /** Repetitions in which peers take part. */
  readonly peerReps: number
  readonly sizes: Sizes
  /** Folder on the disk that is measured. */
  readonly root: string
  /** Prints results as JSON instead of the table. */
  readonly json: boolean
  /** Profiles the measuring processes of Holdfast and prints what took their time. */
  readonly profile: boolean
  readonly nodeOptions: readonly string[]
  /** Whether the figures are fit for `RESULTS.md`: everything, at full size, unprofiled. */
  readonly complete: boolean
}

/** How the command is used. */
export const USAGE = `npm run bench -- [options]

  --w W1,W2,…   only these: W1 W2 W3 W4 W5 W6 REPLAY START (W1 and W2 include their slow disks)
  --peers a,b   other systems in the same run: all, or some of dbos,openworkflow,restate,langgraph. They are
                installed from npm on first use, beside the repository's own packages
  --store a,b   stores of Holdfast, the floor and the peers: sqlite, postgres; default sqlite, with peers both
  --reps N      repetitions, of which the median counts; default 3
  --peer-reps N repetitions in which peers take part; default 1
  --quick       small sizes: shows that everything works, says nothing about speed
  --built       measure what \`npm run build\` made instead of the sources
  --profile     also say which functions of Holdfast took the time
  --dir DIR     folder on the disk to measure; default bench/.data
  --json        print figures as JSON instead of the table
Sizes: W1_STEPS W2_RUNS W2_STEPS W3_RUNS W4_STEPS W5_RUNS W6_STEPS REPLAY_STEPS in the environment.
RESULTS.md is written when all workloads were measured at full size.
`

/** Reads the command line. @throws Error that says what is wrong with it. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      w: { type: 'string' },
      peers: { type: 'string' },
      store: { type: 'string' },
      reps: { type: 'string', default: '3' },
      'peer-reps': { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      built: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      dir: { type: 'string', default: resolve(import.meta.dirname, '../.data') },
      json: { type: 'boolean', default: false },
    },
  })
  const reps = count('--reps', values.reps)
  const sizes = sizesFrom(environment, values.quick)
  return {
    cases: chosen(values.w),
    cards: chosenCards(values.peers, values.store),
    reps,
    peerReps: Math.min(reps, count('--peer-reps', values['peer-reps'])),
    sizes,
    root: resolve(values.dir),
    json: values.json,
    profile: values.profile,
    nodeOptions: values.built ? [] : ['--conditions=source'],
    complete: values.w === undefined && values.store === undefined && !values.profile && isFullSize(sizes),
  }
}

function count(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${option} is ${JSON.stringify(text)}. Give a whole number from 1.`)
  return value
}

function chosen(list: string | undefined): ReadonlySet<CaseId | 'START'> {
  const all = [
    ...CASES.map(({ id, workload }) => ({ id, name: workload as string })),
    { id: 'START' as const, name: 'START' },
  ]
  if (list === undefined) return new Set(all.map(({ id }) => id))
  const names = list.split(',').map((name) => name.trim().toUpperCase())
  const known = new Set(all.map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new RangeError(`--w names ${unknown.join(', ')}. Known workloads: ${[...known].join(', ')}.`)
  return new Set(all.filter(({ name }) => names.includes(name)).map(({ id }) => id))
}
