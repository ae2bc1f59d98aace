import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NamedCard } from '../cards.ts'
import { createSyncFile } from '../measure/syncFile.ts'
import type { Postgres } from '../services/Postgres.ts'
import { withSurroundings, type Neighbours } from '../services/withSurroundings.ts'
import { limited, type Sizes } from '../sizes.ts'
import type { Figures } from '../workloads/Measurement.ts'
import { WORKLOADS, type Workload, type WorkloadName } from '../workloads/workloads.ts'
import { ifInterrupted, unlessInterrupted } from './endings.ts'
import { runProcess } from './runProcess.ts'
import { verify } from './verify.ts'

/** One measurement: a workload of an adapter, once. */
export interface MeasureRequest {
  readonly workload: WorkloadName
  readonly card: NamedCard
  /** What was asked for; the card may say less. */
  readonly sizes: Sizes
  /** Folder, on the disk that is measured, in which a folder of its own is made and removed again. */
  readonly root: string
  /** The server of those who keep their runs in PostgreSQL. */
  readonly postgres: Postgres | null
  /** Library that counts `fsync` calls; null where there is none. */
  readonly shim: string | null
  /** Microseconds that each `fsync` takes longer. */
  readonly syncDelayUs: number
  readonly nodeOptions: readonly string[]
  /** Milliseconds after which one process is killed. */
  readonly limitMs: number
}

const COMPILE_CACHE = join(import.meta.dirname, '../.build/compile-cache')

/**
 * Measures in a fresh process and a fresh folder. Figures of a seed come with `seed` before their names.
 * @throws Error when a process failed, or did something else than it was asked to.
 */
export async function measure(request: MeasureRequest): Promise<Figures> {
  const { workload, card, nodeOptions, limitMs } = request
  await unlessInterrupted()
  mkdirSync(request.root, { recursive: true })
  const folder = mkdtempSync(join(request.root, `${workload}-${card.name.replace(':', '-')}-`))
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  const going = ifInterrupted(remove)
  try {
    return await withSurroundings({ ...request, folder }, async (neighbours) => {
      const directory = join(folder, 'store')
      mkdirSync(directory)
      const options = { environment: environmentFor(request, folder, neighbours), nodeOptions, limitMs }
      const sizes = limited(request.sizes, card.atMost)
      const { surroundings } = neighbours
      const common = { workload, adapter: card.name, directory, surroundings, sizes }
      const { seed }: Workload = WORKLOADS[workload]
      const seeded = seed === undefined ? {} : await runProcess({ ...common, phase: 'seed' }, options)
      const figures = await runProcess({ ...common, phase: 'run' }, options)
      const all = { ...figures, ...prefixed(seeded) }
      verify(workload, sizes, all)
      return all
    })
  } finally {
    remove()
    going()
  }
}

function environmentFor(request: MeasureRequest, folder: string, neighbours: Neighbours): NodeJS.ProcessEnv {
  const { card, shim, syncDelayUs } = request
  // The installed command uses Node's compile cache too: a process on a warm machine starts with it.
  const environment = { ...process.env, ...neighbours.environment, NODE_COMPILE_CACHE: COMPILE_CACHE }
  if (shim === null || card.store !== 'sqlite') return environment
  const counter = join(folder, 'syncs')
  createSyncFile(counter, syncDelayUs)
  return { ...environment, LD_PRELOAD: shim, BENCH_SYNC_FILE: counter }
}

function prefixed(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`seed.${name}`, value]))
}
