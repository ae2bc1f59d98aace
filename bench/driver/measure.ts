import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AdapterName } from '../adapter.ts'
import type { Sizes } from '../sizes.ts'
import type { Figures } from '../workloads/Measurement.ts'
import { WORKLOADS, type Workload, type WorkloadName } from '../workloads/workloads.ts'
import { runProcess } from './runProcess.ts'

/** One measurement: a workload of an adapter, once. */
export interface MeasureRequest {
  readonly workload: WorkloadName
  readonly adapter: AdapterName
  readonly sizes: Sizes
  /** Folder, on the disk that is measured, in which a folder of its own is made and removed again. */
  readonly root: string
  /** Library that counts `fsync` calls; null where there is none. */
  readonly shim: string | null
  /** Microseconds that each `fsync` takes longer. */
  readonly syncDelayUs: number
  readonly nodeOptions: readonly string[]
}

const COMPILE_CACHE = join(import.meta.dirname, '../.build/compile-cache')

/** Measures in a fresh process and a fresh folder. Figures of a seed come with `seed` before their names. */
export async function measure(request: MeasureRequest): Promise<Figures> {
  const { workload, adapter, sizes, nodeOptions } = request
  mkdirSync(request.root, { recursive: true })
  const folder = mkdtempSync(join(request.root, `${workload}-${adapter}-`))
  try {
    const directory = join(folder, 'store')
    mkdirSync(directory)
    const options = { environment: environmentFor(request, folder), nodeOptions }
    const common = { workload, adapter, directory, sizes }
    const { seed }: Workload = WORKLOADS[workload]
    const seeded = seed === undefined ? {} : await runProcess({ ...common, phase: 'seed' }, options)
    const figures = await runProcess({ ...common, phase: 'run' }, options)
    return { ...figures, ...prefixed(seeded) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function environmentFor({ shim, syncDelayUs }: MeasureRequest, folder: string): NodeJS.ProcessEnv {
  // The installed command uses Node's compile cache too: a process on a warm machine starts with it.
  const environment = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE }
  if (shim === null) return environment
  const counter = join(folder, 'syncs')
  writeFileSync(counter, Buffer.alloc(8))
  return {
    ...environment,
    LD_PRELOAD: shim,
    BENCH_SYNC_FILE: counter,
    BENCH_SYNC_DELAY_US: String(syncDelayUs),
  }
}

function prefixed(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`seed.${name}`, value]))
}
