import { join } from 'node:path'
import type { AdapterName } from '../adapter.ts'
import { machineFacts } from '../measure/machine.ts'
import { buildShim } from '../shim/buildShim.ts'
import { measureStart } from '../startup/measureStart.ts'
import { CASES } from './cases.ts'
import { measure } from './measure.ts'
import type { BenchOptions } from './options.ts'
import type { Result, Results } from './Results.ts'

const ADAPTERS: readonly AdapterName[] = ['floor', 'holdfast']

/**
 * Measures everything that was asked for. Floor and Holdfast take turns within each repetition, so that a
 * slow moment of the machine meets both.
 */
export async function runAll(options: BenchOptions, say: (line: string) => void): Promise<Results> {
  const { sizes, root, reps } = options
  const machine = machineFacts(root)
  const shim = buildShim()
  if (shim === null)
    say('No C compiler that makes preloaded libraries: fsyncs are not counted, nor made slower.')
  const results: Result[] = []
  const took = (result: Result, began: number): void => {
    results.push(result)
    say(`${result.case} ${result.adapter}: ${Math.round(performance.now() - began)} ms`)
  }
  for (let rep = 1; rep <= reps; rep++) {
    say(`Repetition ${rep} of ${reps}`)
    for (const { id, workload, syncDelayUs } of CASES) {
      if (!options.cases.has(id) || (syncDelayUs > 0 && shim === null)) continue
      for (const adapter of ADAPTERS) {
        const began = performance.now()
        const nodeOptions =
          options.profile && adapter === 'holdfast'
            ? [...options.nodeOptions, '--cpu-prof', `--cpu-prof-dir=${profileFolder(root, id)}`]
            : options.nodeOptions
        const figures = await measure({ workload, adapter, sizes, root, shim, syncDelayUs, nodeOptions })
        took({ case: id, adapter, figures }, began)
      }
    }
    if (options.cases.has('START')) {
      const began = performance.now()
      const figures = await measureStart(options)
      took({ case: 'START', adapter: 'holdfast', figures }, began)
    }
  }
  const built = !options.nodeOptions.includes('--conditions=source')
  return { machine, sizes, reps, built, countedSyncs: shim !== null, results }
}

/** Where the profiles of a case's processes go. */
export function profileFolder(root: string, id: string): string {
  return join(root, 'profiles', id)
}
