import type { WaitingFor } from '@holdfast/workflow-sdk'
import type { RunColumns } from '../projection/rows.ts'

type Held = Pick<
  RunColumns,
  | 'held_by'
  | 'held_at'
  | 'due_at'
  | 'concurrency_key'
  | 'concurrency_limit'
  | 'rate_key'
  | 'rate_limit'
  | 'rate_per_ms'
>

/** What a run that is held back waits for (P3); null for every other run. Nothing of it is stored. */
export function heldWait(run: Partial<Held>): WaitingFor | null {
  const { held_by, held_at, due_at } = run
  if (held_by === null || held_by === undefined || typeof held_at !== 'string') return null
  const since = held_at
  if (held_by === 'concurrency') {
    const detail = `${runs(run.concurrency_limit)}${keyText(run.concurrency_key)} may go at a time`
    return { reason: 'concurrency', since, until: null, detail }
  }
  if (held_by === 'timer')
    return { reason: 'timer', since, until: due_at ?? null, detail: `Begins at ${due_at}` }
  const detail = `${runs(run.rate_limit)}${keyText(run.rate_key)} may begin within ${run.rate_per_ms} ms`
  return { reason: 'quota', since, until: due_at ?? null, detail }
}

function runs(limit: number | null | undefined): string {
  return limit === 1 ? '1 run' : `${limit} runs`
}

function keyText(key: string | null | undefined): string {
  return key === null || key === undefined || key === ''
    ? ' of the workflow'
    : ` with the key ${JSON.stringify(key)}`
}
