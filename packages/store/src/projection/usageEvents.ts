import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import type { Known, StepFacts } from './Known.ts'
import { changeMetadata } from './metadata.ts'
import { rowId } from './rowId.ts'
import type { StepColumns, UsageColumns } from './rows.ts'

/**
 * A model call: a row, and its part of the sums of attempt and run. The same call recorded twice counts once.
 * A call without a price leaves the run's sum as it is and counts in `metadata.cost_unknown_calls`.
 */
export function projectUsage(event: EventOf<'usage.recorded'>, known: Known): RowChange[] {
  const { payload } = event
  if (payload.callId !== null && known.hasUsage(columnText(payload.callId))) return []
  const { run } = known
  const step = payload.stepKey === null ? null : known.step(payload.stepKey)
  const session = step === null ? null : known.runningSession(step.id)
  const cost = payload.costUsd === null ? null : money(payload.costUsd)
  const insert: UsageColumns = {
    id: rowId(event),
    run_id: event.runId,
    step_id: step?.id ?? null,
    agent_session_id: session?.id ?? null,
    call_id: columnTextOrNull(payload.callId),
    provider: columnText(payload.provider),
    model: columnText(payload.model),
    input_tokens: payload.inputTokens,
    output_tokens: payload.outputTokens,
    cached_read_tokens: payload.cachedReadTokens,
    cached_write_tokens: payload.cachedWriteTokens,
    reasoning_tokens: payload.reasoningTokens,
    total_tokens: payload.inputTokens + payload.outputTokens,
    cost,
    price_source: columnTextOrNull(payload.priceSource),
    latency_ms: payload.latencyMs,
    created_at: event.timestamp,
  }
  const changes: RowChange[] = [
    { table: 'llm_usage', insert },
    runChange({
      input_tokens: run.input_tokens + insert.input_tokens,
      output_tokens: run.output_tokens + insert.output_tokens,
      total_tokens: run.total_tokens + insert.total_tokens,
      cached_read_tokens: run.cached_read_tokens + insert.cached_read_tokens,
      cached_write_tokens: run.cached_write_tokens + insert.cached_write_tokens,
      ...(cost === null
        ? {
            metadata: changeMetadata(
              run.metadata,
              (m) => (m.cost_unknown_calls = (m.cost_unknown_calls ?? 0) + 1),
            ),
          }
        : { cost_estimate: money((run.cost_estimate ?? 0) + cost) }),
    }),
  ]
  if (step !== null) {
    changes.push({ table: 'workflow_steps', id: step.id, set: attemptSums(step, insert.total_tokens, cost) })
  }
  return changes
}

/** US dollars with six places. */
function money(usd: number): number {
  return Math.round(usd * 1e6) / 1e6
}

/** One call without a price makes the price of the whole attempt unknown. */
function attemptSums(step: StepFacts, tokens: number, cost: number | null): Partial<StepColumns> {
  const isFirst = step.attempt_tokens === null
  const known = isFirst ? 0 : step.attempt_cost
  return {
    attempt_tokens: (step.attempt_tokens ?? 0) + tokens,
    attempt_cost: known === null || cost === null ? null : money(known + cost),
  }
}
