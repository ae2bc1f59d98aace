import type { CallRecord } from '../journal/records.ts'
import type { ReachedCall, ReachedWhy } from './contract.ts'

/** A call as its watcher is told of it. */
export interface WatchedCall {
  readonly key: string
  readonly kind: string
  readonly name: string
}

/** Sees what the code of a run asks for; an execution that has one starts nothing. */
export class CallWatch {
  readonly asked = new Set<string>()
  readonly reached: ReachedCall[] = []
  readonly #placeOf: (stack: string) => string | null
  readonly #onQuiet: () => void

  /** @param onQuiet Called whenever everything that was asked for is delivered. */
  constructor(placeOf: (stack: string) => string | null, onQuiet: () => void) {
    this.#placeOf = placeOf
    this.#onQuiet = onQuiet
  }

  /** The code made a call that the journal has. */
  passed(key: string): void {
    this.asked.add(key)
  }

  /** The code made a call that has no result. */
  stopAt({ key, kind, name }: WatchedCall, record: CallRecord | undefined): void {
    const note: { stack?: string } = {}
    Error.captureStackTrace(note)
    this.reached.push({ key, kind, name, why: whyOf(record), at: this.#placeOf(note.stack ?? '') })
  }

  quiet(): void {
    this.#onQuiet()
  }
}

function whyOf(record: CallRecord | undefined): ReachedWhy {
  if (record === undefined) return 'new'
  if (record.is !== 'step' || record.kind === 'child') return 'open'
  return record.phase.at === 'running' ? 'interrupted' : 'retrying'
}
