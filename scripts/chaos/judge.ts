import { readFileSync } from 'node:fs'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { EFFECTS } from './workflow.ts'

/** One effect of a step, as it was left outside of the store. */
interface Mark {
  readonly run: string
  readonly key: string
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What is wrong after the storm; all of it must be zero. */
export interface Verdict {
  /** Runs that did not complete with the right output, or lack an effect. */
  readonly lost: number
  /** Effects that happened after their step had been finished. */
  readonly repeated: number
  /** Steps whose result was written by a process that did not own the run then. */
  readonly foreignWrites: number
  /** Journals with a gap. */
  readonly gaps: number
  readonly effects: number
  readonly events: number
  readonly takeovers: number
}

/** Compares what the store says with what happened outside. */
export async function judge(options: {
  readonly store: IWorkflowStore
  readonly ids: readonly string[]
  readonly log: string
  readonly pidOf: (workerId: string) => number | null
}): Promise<Verdict> {
  const marks = readFileSync(options.log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Mark)
  const byRun = Map.groupBy(marks, (mark) => mark.run)
  let [lost, repeated, foreignWrites, gaps, events, takeovers] = [0, 0, 0, 0, 0, 0]
  for (const [index, id] of options.ids.entries()) {
    const own = byRun.get(id) ?? []
    const run = await options.store.getWorkflowRun(id)
    const right = JSON.stringify(run.output) === JSON.stringify({ sum: index + 3, index })
    if (run.status !== 'completed' || !right || EFFECTS.some((key) => !own.some((mark) => mark.key === key)))
      lost++
    let owner: number | null = null
    let expected = 1
    for (const event of await options.store.listWorkflowEvents({ runId: id })) {
      if (event.sequence !== expected++) gaps++
      events++
      if (event.type === 'run.started' || event.type === 'run.resumed') {
        owner = options.pidOf(event.payload.workerId)
        if (event.payload.cause === 'takeover') takeovers++
      }
      if (event.type !== 'step.completed') continue
      const value = 'json' in event.payload.output ? event.payload.output.json : null
      if (typeof value !== 'object' || value === null || !('pid' in value) || !('key' in value)) continue
      if (owner !== null && value['pid'] !== owner) foreignWrites++
      const finishedAt = Date.parse(event.timestamp)
      repeated += own.filter((mark) => mark.key === value['key'] && mark.at > finishedAt).length
    }
  }
  return { lost, repeated, foreignWrites, gaps, effects: marks.length, events, takeovers }
}
