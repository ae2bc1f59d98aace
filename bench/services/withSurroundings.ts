import { installOnce } from '@holdfast/agents/testing'
import type { Surroundings } from '../adapter.ts'
import type { NamedCard } from '../cards.ts'
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
}

/** No peer may call home while it is measured. */
const QUIET = {
  DO_NOT_TRACK: '1',
  SCARF_ANALYTICS: 'false',
  RESTATE_DISABLE_TELEMETRY: 'true',
  RESTATE_LOGGING: 'ERROR',
  LANGSMITH_TRACING: 'false',
}

/** Starts what an adapter needs beside its process, does `work`, and ends it again. */
export async function withSurroundings<Result>(
  { card, folder }: NeighbourRequest,
  work: (neighbours: Neighbours) => Promise<Result>,
): Promise<Result> {
  const packages = card.packages === undefined ? null : await installOnce(card.packages)
  const restate = card.store === 'own' && packages !== null ? await startRestate(packages, folder) : null
  try {
    return await work({
      surroundings: { packages, databaseUrl: null, restate: restate?.server ?? null },
      environment: packages === null ? {} : QUIET,
    })
  } finally {
    await restate?.stop()
  }
}
