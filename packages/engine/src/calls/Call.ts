import type { WaitingFor } from '@holdfast/workflow-sdk'
import type { CallRecord } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'

/**
 * Where a call stands: waiting for its turn, doing something, waiting for something outside of the run
 * (so that the run may park), standing for the calls inside it, or settled.
 */
export type CallStatus =
  | { readonly is: 'staged' }
  | { readonly is: 'live' }
  | { readonly is: 'waiting'; readonly waitingFor: WaitingFor; readonly wakeAt: string | null }
  | { readonly is: 'composite' }
  | { readonly is: 'settled' }

/** One durable call that the code has made and that has not settled. */
export interface Call {
  readonly key: string
  readonly scope: Scope
  status: CallStatus
  /**
   * The journal has a result for the key: takes it when it is delivered. Answers whether the call is
   * settled by it; a promise holds the delivery loop.
   */
  deliver(record: CallRecord): void | Promise<void>
  /** Where the deliverable result lies; null while the record has none for this call. */
  resultPlace(record: CallRecord): { readonly sequence: number; readonly timestamp: string } | null
  /** Ends the call because its scope or run is given up; resolves when its end is in the journal. */
  cancel(reason: string): Promise<void>
}
