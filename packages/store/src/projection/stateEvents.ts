import type { Json, StateChange } from '@holdfast/workflow-sdk/journal'
import { runChange, type RowChange } from './changes.ts'
import type { Known } from './Known.ts'
import { jsonText } from './rows.ts'

/** State changes in order, as one change of the run's row (R5). */
export function projectStateEvent(changes: readonly StateChange[], known: Known): RowChange[] {
  if (changes.length === 0) return []
  const state = new Map(Object.entries(JSON.parse(known.run.state) as Record<string, Json>))
  for (const { name, value, deleted } of changes) {
    if (deleted === true) state.delete(name)
    else state.set(name, value)
  }
  return [runChange({ state: jsonText(Object.fromEntries(state)) })]
}
