import type { RunMessage, Topic } from '@holdfast/api'
import type { IWorkflowStore, WorkflowLogRow } from '@holdfast/runtime'
import { isTerminal } from '@holdfast/workflow-sdk'
import type { JournalEvent } from '@holdfast/workflow-sdk/journal'
import { toCursor, type RunPosition } from './cursor.ts'
import { describeEvent, type KnownStep } from './describeEvent.ts'

/** Messages of a read; what comes after is read when these are sent. */
const BATCH = 100

/** Reads what a client has not seen of a run, from the store alone: it makes no difference who wrote it, and when. */
export class RunReader {
  readonly runId: string
  readonly #store: IWorkflowStore
  readonly #topics: ReadonlySet<Topic>
  readonly #steps = new Map<string, KnownStep>()
  #position: RunPosition
  #knowsSteps: boolean
  #isOver = false

  constructor(store: IWorkflowStore, runId: string, position: RunPosition, topics: ReadonlySet<Topic>) {
    this.#store = store
    this.runId = runId
    this.#position = position
    this.#topics = topics
    // Who begins at the beginning hears of every step.
    this.#knowsSteps = position.s === 0
  }

  get sequence(): number {
    return this.#position.s
  }

  get cursor(): string {
    return toCursor(this.#position)
  }

  /** Whether lines may come that no change of the run announces. */
  get wantsLogs(): boolean {
    return this.#topics.has('log') && !this.#isOver
  }

  /** The next messages in order; none when there is nothing more now. */
  async next(): Promise<RunMessage[]> {
    const events = await this.#store.listWorkflowEvents({
      runId: this.runId,
      afterSequence: this.#position.s,
      limit: BATCH,
    })
    if (events.length > 0) return await this.#describe(events)
    return this.#topics.has('log') ? await this.#lines() : []
  }

  async #describe(events: readonly JournalEvent[]): Promise<RunMessage[]> {
    if (!this.#knowsSteps) {
      for (const step of await this.#store.listWorkflowSteps(this.runId)) this.#steps.set(step.step_key, step)
      this.#knowsSteps = true
    }
    const run = await this.#store.getWorkflowRun(this.runId)
    const known = { ...run, steps: this.#steps }
    const messages: RunMessage[] = []
    for (const event of events) {
      this.#learn(event)
      this.#position = { ...this.#position, s: event.sequence, p: 0 }
      const { type, topic, data } = describeEvent(event, known)
      if (this.#topics.has(topic)) messages.push(this.#message(type, event.timestamp, data))
    }
    // Nothing of this batch was asked for; what follows may be.
    return messages.length > 0 ? messages : await this.next()
  }

  #learn(event: JournalEvent): void {
    if (event.type !== 'step.started' || this.#steps.has(event.payload.key)) return
    const { key, name, kind, stepNumber } = event.payload
    this.#steps.set(key, {
      id: `${event.runId}.${event.sequence}.0`,
      step_number: stepNumber,
      name,
      kind,
    })
  }

  /** Lines of the run and of its steps. What was written before the run ended is complete when its last line is read. */
  async #lines(): Promise<RunMessage[]> {
    const run = await this.#store.findWorkflowRun(this.runId)
    const steps = await this.#store.listWorkflowSteps(this.runId)
    const messages: RunMessage[] = []
    for (const id of ['', ...steps.map((step) => step.id)]) {
      const rows = await this.#store.listWorkflowLogs({
        runId: this.runId,
        stepId: id === '' ? null : id,
        afterSequence: this.#position.l[id] ?? 0,
        limit: BATCH,
      })
      for (const row of rows) messages.push(this.#line(row, id))
      if (messages.length >= BATCH) break
    }
    this.#isOver = messages.length === 0 && (run === null || isTerminal(run.status))
    return messages
  }

  #line(row: WorkflowLogRow, id: string): RunMessage {
    const { s, p, l } = this.#position
    this.#position = { s, p: p + 1, l: { ...l, [id]: row.sequence } }
    return this.#message('workflow:log:appended', row.timestamp, { ...row })
  }

  #message(type: RunMessage['type'], timestamp: string, data: Readonly<Record<string, unknown>>): RunMessage {
    const { s, p } = this.#position
    return {
      type,
      executionId: this.runId,
      sequence: s,
      part: p,
      cursor: this.cursor,
      timestamp,
      data: data as RunMessage['data'],
    }
  }
}
