import type { ClaimedRun, IWorkflowStore, OwnerAppend } from '@holdfast/store/contract'
import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'

interface Accepted {
  readonly runId: string
  readonly ownerToken: string
  readonly last: number
}

/** What all processes of a group were told by their store, though they may have died before they heard it. */
export class Recorder {
  readonly #claims = new Map<string, number>()
  readonly #accepted: Accepted[] = []
  /** Finished steps, as `run/step`. */
  readonly #finished = new Set<string>()
  /** Writes that were refused because the run belongs to somebody else by now. */
  refused = 0
  /** Writes of owners so far. */
  writes = 0

  /** Whether a step of this name is finished for certain. */
  isFinished(runId: string, step: string): boolean {
    return this.#finished.has(`${runId}/${step}`)
  }

  /** The store, watched. Its heartbeats need a real clock and are left out. */
  watch(inner: IWorkflowStore, onClaim: (runId: string) => void): IWorkflowStore {
    const claimed = (claims: readonly (ClaimedRun | null)[]): void => {
      for (const claim of claims) {
        if (claim === null) continue
        this.#claims.set(claim.ownerToken, claim.sequence)
        onClaim(claim.run.id)
      }
    }
    const finished = ({ runId, events }: Pick<OwnerAppend, 'runId' | 'events'>): void => {
      for (const event of events)
        if (event.type === 'step.completed') this.#finished.add(`${runId}/${stepOf(event.payload.key)}`)
    }
    const watched: Partial<IWorkflowStore> = {
      startHeartbeat: async () => ({ sinceRenewedMs: () => 0, stop: async () => {} }),
      claimDueRuns: async (claim) => {
        const claims = await inner.claimDueRuns(claim)
        claimed(claims)
        return claims
      },
      createWorkflowRun: async (run) => {
        const answer = await inner.createWorkflowRun(run)
        claimed([answer.claimed])
        return answer
      },
      appendAsOwner: async (append) => {
        const receipt = await this.#owned(() => inner.appendAsOwner(append))
        this.writes++
        this.#accepted.push({ runId: append.runId, ownerToken: append.ownerToken, last: receipt.last })
        finished(append)
        return receipt
      },
      parkRun: async (request) => {
        const answer = await this.#owned(() => inner.parkRun(request))
        if (answer.parked) finished(request)
        return answer
      },
      fenceRun: async (runId, token) => {
        const fresh = await inner.fenceRun(runId, token)
        const since = this.#claims.get(token)
        if (fresh !== null && since !== undefined) this.#claims.set(fresh, since)
        return fresh
      },
    }
    return new Proxy(inner, {
      get(target, property) {
        const own: unknown = Reflect.get(watched, property)
        if (own !== undefined) return own
        const member: unknown = Reflect.get(target, property)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
  }

  /** Appends that were accepted from a worker after the run had been given to the next. */
  foreign(runId: string, journal: readonly JournalEvent[]): readonly string[] {
    const handed = journal.filter(({ type }) => type === 'run.started' || type === 'run.resumed')
    return this.#accepted
      .filter((append) => append.runId === runId)
      .flatMap(({ ownerToken, last }) => {
        const since = this.#claims.get(ownerToken)
        if (since === undefined) return [`an append up to ${last} with a token that nobody was given`]
        const next = handed.find(({ sequence }) => sequence > since)
        return next !== undefined && last > next.sequence
          ? [
              `an append up to ${last} of the owner since ${since}, whose run was handed on at ${next.sequence}`,
            ]
          : []
      })
  }

  async #owned<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      if (WorkflowError.is(error) && error.code === 'OWNERSHIP_LOST') this.refused++
      throw error
    }
  }
}

/** Name of a step, from its key. */
function stepOf(key: string): string {
  return key.split('/').at(-1) ?? key
}
