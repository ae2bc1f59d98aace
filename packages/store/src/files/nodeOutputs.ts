import type { StepColumns } from '../projection/rows.ts'
import type { RunState } from './RunState.ts'

/** Cost and end of a node: its cost is that of every model call in it; one without a price makes it unknown. */
export function nodeOutput(
  { tables }: RunState,
  step: StepColumns,
): { readonly costUsd: number | null; readonly completedAt: string } {
  let cost: number | null = null
  let isKnown = true
  for (const usage of tables.llm_usage.values()) {
    const key = usage.step_id === null ? undefined : tables.workflow_steps.get(usage.step_id)?.step_key
    if (key === undefined || !isBelow(key, step.step_key)) continue
    if (usage.cost === null) isKnown = false
    else cost = (cost ?? 0) + usage.cost
  }
  const costUsd = !isKnown || cost === null ? null : Math.round(cost * 1e6) / 1e6
  return { costUsd, completedAt: step.completed_at ?? step.updated_at }
}

function isBelow(key: string, node: string): boolean {
  return key === node || key.startsWith(`${node}@`) || key.startsWith(`${node}/`)
}
