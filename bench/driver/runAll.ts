import { join } from 'node:path'
import { isPeer, type NamedCard } from '../cards.ts'
import { machineFacts } from '../measure/machine.ts'
import { prepare, type Prepared } from '../services/prepare.ts'
import { buildShim } from '../shim/buildShim.ts'
import { measureStart } from '../startup/measureStart.ts'
import { CASES, type CaseId } from './cases.ts'
import { unlessInterrupted } from './endings.ts'
import { measure } from './measure.ts'
import type { BenchOptions } from './options.ts'
import type { Failure, Result, Results } from './Results.ts'

const LIMIT_MS = 600_000
/** A peer that takes longer than this has lost; it must not hold up the others. */
const PEER_LIMIT_MS = 120_000

/**
 * Measures everything that was asked for. All adapters take turns within each repetition, so that a slow moment
 * of the machine meets all of them. A peer that fails is a failure among the results; one of our own ends it all.
 */
export async function runAll(options: BenchOptions, say: (line: string) => void): Promise<Results> {
  const { sizes, reps, peerReps } = options
  const machine = machineFacts(options.root)
  const shim = buildShim()
  if (shim === null)
    say('No C compiler that makes preloaded libraries: fsyncs are not counted, nor made slower.')
  const prepared = await prepare(options.cards, shim)
  for (const { adapter, reason } of prepared.failures) say(`${adapter} is not measured: ${reason}`)
  try {
    const measured = await repeat({ options, shim, prepared, say })
    return {
      machine,
      sizes,
      reps,
      peerReps,
      built: !options.nodeOptions.includes('--conditions=source'),
      countedSyncs: shim !== null,
      adapters: options.cards.map(({ name }) => name),
      results: measured.results,
      failures: [...prepared.failures, ...measured.failures],
    }
  } finally {
    await prepared.postgres?.close()
  }
}

interface Work {
  readonly options: BenchOptions
  readonly shim: string | null
  readonly prepared: Prepared
  readonly say: (line: string) => void
}

async function repeat(work: Work): Promise<Pick<Results, 'results' | 'failures'>> {
  const { options, shim, prepared, say } = work
  const results: Result[] = []
  const failures: Failure[] = []
  for (let rep = 1; rep <= options.reps; rep++) {
    say(`Repetition ${rep} of ${options.reps}`)
    const present = prepared.ready.filter((card) => !isPeer(card) || rep <= options.peerReps)
    for (const one of CASES) {
      if (!options.cases.has(one.id) || (one.syncDelayUs > 0 && shim === null)) continue
      for (const card of present) {
        if (card.without?.includes(one.id)) continue
        const done = await attempt(work, one, card)
        if ('figures' in done) results.push(done)
        else failures.push(done)
      }
    }
    if (options.cases.has('START') && present.some(({ name }) => name === 'holdfast')) {
      const figures = await measureStart(options)
      results.push({ case: 'START', adapter: 'holdfast', figures })
    }
  }
  return { results, failures }
}

async function attempt(
  { options, shim, prepared: { postgres }, say }: Work,
  { id, workload, syncDelayUs }: (typeof CASES)[number],
  card: NamedCard,
): Promise<Result | Failure> {
  const { sizes, root } = options
  const began = performance.now()
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`
  const nodeOptions = nodeOptionsFor(options, card, id)
  const limitMs = isPeer(card) ? PEER_LIMIT_MS : LIMIT_MS
  const common = { workload, card, sizes, root, shim, postgres, syncDelayUs, nodeOptions, limitMs }
  try {
    const figures = await measure(common)
    say(`${id} ${card.name}: ${seconds()}`)
    return { case: id, adapter: card.name, figures }
  } catch (error) {
    // What fails because everything is being ended is no failure.
    await unlessInterrupted()
    if (!isPeer(card)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    say(`${id} ${card.name} failed after ${seconds()}: ${reason}`)
    return { case: id, adapter: card.name, reason }
  }
}

/** Where the profiles of a case's processes go. */
export function profileFolder(root: string, id: string): string {
  return join(root, 'profiles', id)
}

/** Packages of peers may have sources too, which are none of ours to run. */
function nodeOptionsFor(options: BenchOptions, card: NamedCard, id: CaseId): readonly string[] {
  if (isPeer(card)) return []
  if (!options.profile || card.name !== 'holdfast') return options.nodeOptions
  return [...options.nodeOptions, '--cpu-prof', `--cpu-prof-dir=${profileFolder(options.root, id)}`]
}
