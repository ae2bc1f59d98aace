import type { ForkOrigin } from '@holdfast/workflow-sdk/journal'

type Identity = ForkOrigin['identities'][number]

/**
 * Whose id a fork works ids out from: that of the original up to the end of what was taken over, and, where the
 * original was a fork itself, those of its own origins before.
 * @param sequences Where each event of the original lies in the fork.
 */
export function identitiesOf(
  original: { readonly runId: string; readonly forkedFrom: ForkOrigin | undefined },
  sequences: ReadonlyMap<number, number>,
  throughSequence: number,
): Identity[] {
  const earlier = original.forkedFrom?.identities ?? []
  return [
    ...earlier.map(({ runId, throughSequence: end }) => ({
      runId,
      throughSequence: placeOf(end, sequences),
    })),
    { runId: original.runId, throughSequence },
  ]
}

/** The last sequence of the fork that holds an event up to `end` of the original; 1, its `run.created`, where none does. */
function placeOf(end: number, sequences: ReadonlyMap<number, number>): number {
  let place = 1
  for (const [old, now] of sequences) if (old <= end && now > place) place = now
  return place
}

/** The id that `ctx.uuid` and `ctx.random` are worked out from after the result at `sequence` was delivered. */
export function identityAt(runId: string, origin: ForkOrigin | undefined, sequence: number): string {
  return origin?.identities.find(({ throughSequence }) => sequence <= throughSequence)?.runId ?? runId
}
