import type { RunColumns } from '../projection/rows.ts'

/** Runs that may be claimed now, the one due longest first; `runId` asks for that one only. */
export function dueRuns(runs: readonly RunColumns[], now: string, runId?: string): RunColumns[] {
  const due = runs.filter(
    ({ id, owner_token, due_at }) =>
      owner_token === null && due_at !== null && due_at <= now && (runId === undefined || id === runId),
  )
  return due.toSorted((a, b) => (a.due_at ?? '').localeCompare(b.due_at ?? ''))
}
