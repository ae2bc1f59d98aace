import type { Json } from '@holdfast/workflow-sdk/journal'
import { jsonText, type JsonText } from './rows.ts'

/** What the store itself keeps in a run's `metadata`. */
export interface RunMetadata {
  /** Marks of `ctx.tag` and of the start. */
  tags?: Record<string, string>
  /** Model calls whose price is unknown: they are missing in `cost_estimate`. */
  cost_unknown_calls?: number
  /** What the run's owner or the store warned of, newest last. */
  warnings?: string[]
}

/** Most warnings that are kept; the journal has all. */
const KEPT_WARNINGS = 20

/** `metadata` with a change made to it; names that others put there are kept. */
export function changeMetadata(text: JsonText, change: (metadata: RunMetadata) => void): JsonText {
  const metadata = JSON.parse(text) as RunMetadata & Record<string, Json>
  change(metadata)
  return jsonText(metadata)
}

/** Adds a warning. */
export function addWarning(metadata: RunMetadata, warning: string): void {
  metadata.warnings = [...(metadata.warnings ?? []), warning].slice(-KEPT_WARNINGS)
}
