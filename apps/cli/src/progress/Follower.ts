import type { IWorkflowStore } from '@holdfast/runtime'
import type { JournalEvent } from '@holdfast/workflow-sdk'
import { reduceRun } from './reduceRun.ts'
import { emptyProgress, type RunProgress } from './RunProgress.ts'

/** A run and the runs that it started, by id. */
export type RunTree = ReadonlyMap<string, RunProgress>

/** Called after each event, with the run as it is after it. */
export type OnEvent = (event: JournalEvent, run: RunProgress) => void

const BATCH = 500

/**
 * Follows a run and its children from their journals, in whichever process they are executed. Events of one
 * run come in order, each once.
 */
export class Follower {
  readonly rootId: string
  readonly #store: IWorkflowStore
  readonly #onEvent: OnEvent
  readonly #runs = new Map<string, RunProgress>()
  readonly #reading = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #listeners = new Set<() => void>()
  readonly #lost = Promise.withResolvers<never>()
  #unwatch: () => void = () => {}

  constructor(store: IWorkflowStore, rootId: string, onEvent: OnEvent = () => {}) {
    this.#store = store
    this.rootId = rootId
    this.#onEvent = onEvent
    // Only who follows for long waits for it.
    this.#lost.promise.catch(() => {})
    this.#runs.set(rootId, emptyProgress(rootId))
  }

  get tree(): RunTree {
    return this.#runs
  }

  get root(): RunProgress {
    return this.#runs.get(this.rootId)!
  }

  /** Rejects when the store ends, with the reason; there is nothing to follow any more. */
  get lost(): Promise<never> {
    return this.#lost.promise
  }

  /** Reads what is there and follows from then on. @throws WorkflowError `STORE_…`. */
  async start(): Promise<void> {
    this.#unwatch = this.#store.watch(({ runId }) => {
      for (const known of runId === null ? [...this.#runs.keys()] : [runId]) {
        // What cannot be read now is read after the next change.
        if (this.#runs.has(known)) this.#read(known).catch(() => {})
      }
    }, this.#lost.reject)
    await this.#read(this.rootId)
  }

  /** Calls `listener` after each change; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stop(): void {
    this.#unwatch()
    this.#listeners.clear()
  }

  #read(runId: string): Promise<void> {
    const reading = this.#reading.get(runId)
    if (reading !== undefined) {
      this.#again.add(runId)
      return reading
    }
    const started = this.#readAll(runId).finally(() => this.#reading.delete(runId))
    this.#reading.set(runId, started)
    return started
  }

  async #readAll(runId: string): Promise<void> {
    for (let more = true; more;) {
      this.#again.delete(runId)
      const afterSequence = this.#runs.get(runId)!.sequence
      const events = await this.#store.listWorkflowEvents({ runId, afterSequence, limit: BATCH })
      const children = events.flatMap((event) => this.#apply(runId, event))
      await Promise.all(children.map((child) => this.#read(child)))
      if (events.length > 0) for (const listener of this.#listeners) listener()
      more = events.length === BATCH || this.#again.has(runId)
    }
  }

  /** Answers the children that are to be read now. */
  #apply(runId: string, event: JournalEvent): string[] {
    const run = reduceRun(this.#runs.get(runId)!, event)
    this.#runs.set(runId, run)
    const children: string[] = []
    if (event.type === 'child.started') {
      const { childRunId } = event.payload
      if (!this.#runs.has(childRunId)) {
        this.#runs.set(childRunId, emptyProgress(childRunId))
        children.push(childRunId)
      }
    }
    this.#onEvent(event, run)
    return children
  }
}
