import { join } from 'node:path'
import { isPeer, type NamedCard } from '../cards.ts'
import { machineFacts } from '../measure/machine.ts'
import { prepare } from '../services/prepare.ts'
import { buildShim } from '../shim/buildShim.ts'
import { measureStart } from '../startup/measureStart.ts'
import { CASES, type CaseId } from './cases.ts'
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
  const { sizes, root, reps, peerReps } = options
  const machine = machineFacts(root)
  const shim = buildShim()
  if (shim === null)
    say('No C compiler that makes preloaded libraries: fsyncs are not counted, nor made slower.')
  const results: Result[] = []
  const { ready, failures: absent } = await prepare(options.cards)
  const failures: Failure[] = [...absent]
  for (const { adapter, reason } of absent) say(`${adapter} is not measured: ${reason}`)

  const one = async (card: NamedCard, id: CaseId): Promise<void> => {
    const { workload, syncDelayUs } = caseOf(id)
    const began = performance.now()
    const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`
    const nodeOptions = nodeOptionsFor(options, card, id)
    const limitMs = isPeer(card) ? PEER_LIMIT_MS : LIMIT_MS
    try {
      const figures = await measure({ workload, card, sizes, root, shim, syncDelayUs, nodeOptions, limitMs })
      results.push({ case: id, adapter: card.name, figures })
      say(`${id} ${card.name}: ${seconds()}`)
    } catch (error) {
      if (!isPeer(card)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      failures.push({ case: id, adapter: card.name, reason })
      say(`${id} ${card.name} failed after ${seconds()}: ${reason}`)
    }
  }

  for (let rep = 1; rep <= reps; rep++) {
    say(`Repetition ${rep} of ${reps}`)
    const present = ready.filter((card) => !isPeer(card) || rep <= peerReps)
    for (const { id, syncDelayUs } of CASES) {
      if (!options.cases.has(id) || (syncDelayUs > 0 && shim === null)) continue
      for (const card of present) if (!card.without?.includes(id)) await one(card, id)
    }
    if (options.cases.has('START') && present.some(({ name }) => name === 'holdfast')) {
      const figures = await measureStart(options)
      results.push({ case: 'START', adapter: 'holdfast', figures })
    }
  }
  const built = !options.nodeOptions.includes('--conditions=source')
  const adapters = options.cards.map(({ name }) => name)
  const countedSyncs = shim !== null
  return { machine, sizes, reps, peerReps, built, countedSyncs, adapters, results, failures }
}

/** Where the profiles of a case's processes go. */
export function profileFolder(root: string, id: string): string {
  return join(root, 'profiles', id)
}

function caseOf(id: CaseId): (typeof CASES)[number] {
  const found = CASES.find((one) => one.id === id)
  if (found === undefined) throw new RangeError(`There is no case "${id}".`)
  return found
}

/** Packages of peers may have sources too, which are none of ours to run. */
function nodeOptionsFor(options: BenchOptions, card: NamedCard, id: CaseId): readonly string[] {
  if (isPeer(card)) return []
  if (!options.profile || card.name !== 'holdfast') return options.nodeOptions
  return [...options.nodeOptions, '--cpu-prof', `--cpu-prof-dir=${profileFolder(options.root, id)}`]
}
