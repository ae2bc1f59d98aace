import { installOnce } from '@holdfast/agents/testing'
import type { Surroundings } from '../adapter.ts'
import type { NamedCard } from '../cards.ts'
import type { Postgres } from './Postgres.ts'
import { startRestate } from './restate.ts'

/** What a measurement has beside its own process. */
export interface Neighbours {
  readonly surroundings: Surroundings
  /** More of the environment of the measuring process. */
  readonly environment: NodeJS.ProcessEnv
}

/** Which neighbours are wanted, and where their files go. */
export interface NeighbourRequest {
  readonly card: NamedCard
  /** Absolute folder of this measurement. */
  readonly folder: string
  readonly postgres: Postgres | null
  /** Microseconds that each `fsync` of a database takes longer. */
  readonly syncDelayUs: number
}

/** No peer may call home while it is measured, or log. */
const QUIET = {
  DO_NOT_TRACK: '1',
  SCARF_ANALYTICS: 'false',
  RESTATE_DISABLE_TELEMETRY: 'true',
  RESTATE_LOGGING: 'ERROR',
  LANGSMITH_TRACING: 'false',
}

/** Starts what an adapter needs beside its process, does `work`, and ends it again. */
export async function withSurroundings<Result>(
  { card, folder, postgres, syncDelayUs }: NeighbourRequest,
  work: (neighbours: Neighbours) => Promise<Result>,
): Promise<Result> {
  const packages = card.packages === undefined ? null : await installOnce(card.packages)
  const environment = packages === null ? {} : QUIET
  const alone: Surroundings = { packages, databaseUrl: null, restate: null }
  if (card.store === 'postgres' && postgres !== null)
    return postgres.withDatabase(syncDelayUs, (databaseUrl) =>
      work({
        surroundings: { ...alone, databaseUrl },
        environment: {
          ...environment,
          ...(postgres.counter === null ? {} : { BENCH_SYNC_FILE: postgres.counter }),
        },
      }),
    )
  if (card.store !== 'own' || packages === null) return work({ surroundings: alone, environment })
  const restate = await startRestate(packages, folder)
  try {
    return await work({ surroundings: { ...alone, restate: restate.server }, environment })
  } finally {
    await restate.stop()
  }
}
