import { needsPerson, WorkflowError, type WaitingFor } from '@holdfast/workflow-sdk'
import type { Execution } from './Execution.ts'

const SOONEST_FIRST = (a: Waiting, b: Waiting): number => (a.wakeAt ?? '~').localeCompare(b.wakeAt ?? '~')

interface Waiting {
  readonly waitingFor: WaitingFor
  readonly wakeAt: string | null
}

/** Decides when a run leaves memory (S4, J2). */
export class Parking {
  readonly #x: Execution
  #cancelTimer: (() => void) | null = null
  #busy = false

  constructor(x: Execution) {
    this.#x = x
  }

  /** Something was called: the quiet time starts anew. */
  disturb(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** Parks after the quiet time if nothing but waits is left. */
  consider(): void {
    if (!this.#quiet()) return
    const { parkAfterMs } = this.#x.deps.settings
    if (parkAfterMs === 0) {
      void this.#park()
      return
    }
    this.#cancelTimer ??= this.#x.timer(parkAfterMs, () => {
      this.#cancelTimer = null
      if (this.#quiet()) void this.#park()
    })
  }

  #quiet(): boolean {
    const { closed, finishing, leaving, cancelling, counts, loop, journal } = this.#x
    return (
      closed === null &&
      !finishing &&
      !leaving &&
      cancelling === null &&
      !this.#busy &&
      counts.waiting > 0 &&
      counts.live === 0 &&
      counts.staged === 0 &&
      loop.quiescent &&
      journal.onlyRiding
    )
  }

  async #park(): Promise<void> {
    const x = this.#x
    const waits = this.#waits()
    const [first] = waits
    const deadline = x.facts.claim.run.deadline_at
    const wakeAt =
      [...waits.map((wait) => wait.wakeAt), deadline].filter((at) => at !== null).toSorted()[0] ?? null
    // A limit that is reached by now is about to act: parking would only wake the run again.
    if (first === undefined || (wakeAt !== null && Date.parse(wakeAt) <= x.deps.clock.now())) return
    const shown = waits.find((wait) => needsPerson(wait.waitingFor.reason)) ?? first
    const rest = waits.filter((wait) => wait !== shown).map((wait) => wait.waitingFor.reason)
    const others = rest.length === 0 ? {} : { others: [...new Set(rest)] }
    this.#busy = true
    // What the code calls from now on is made in the next incarnation, not begun in this one.
    x.loop.pause()
    const entered = x.entries
    const events = x.journal.hold()
    try {
      const { parked } = await x.deps.store.parkRun({
        runId: x.runId,
        ownerToken: x.facts.claim.ownerToken,
        seenSequence: x.journal.seen,
        wakeAt,
        waitingFor: { ...shown.waitingFor, ...others },
        activeMs: x.activeMs(),
        events,
      })
      if (!parked) return
      const called = x.entries > entered
      x.close('parked')
      if (called) await wake(x)
    } catch (error) {
      // Only waiting, it would never find out otherwise; while the store is away nothing is lost by staying.
      if (WorkflowError.has(error, 'OWNERSHIP_LOST', 'RUN_FINISHED', 'RUN_NOT_FOUND')) x.close('lost')
    } finally {
      this.#busy = false
      if (x.closed === null) {
        x.loop.resume()
        x.journal.release(events)
        x.journal.noticed(Number.MAX_SAFE_INTEGER)
      }
    }
  }

  #waits(): Waiting[] {
    const waits: Waiting[] = []
    for (const call of this.#x.calls.values()) if (call.status.is === 'waiting') waits.push(call.status)
    return waits.toSorted(SOONEST_FIRST)
  }
}

/** A call reached a parked incarnation: the run becomes due at once and the call is made again in the next (S4). */
export async function wake(x: Execution): Promise<void> {
  try {
    await x.deps.store.appendFromOutside(x.runId, { type: 'run.resume-requested', payload: { by: null } })
  } catch {
    // The run is over or the store is away; then there is nobody to wake.
  }
}
