import type { AgentObserver, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { text } from '../programs/fields.ts'
import { jsonIn } from '../programs/structuredAnswer.ts'
import type { Turn } from './converse.ts'
import { failure, modelFailure, type AcpPlace } from './failure.ts'
import { acpSettings } from './settings.ts'
import type { UpdateFacts } from './Updates.ts'
import { providerAndModel, statedModel, statedUsage } from './usage.ts'

const NOTHING = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}

/**
 * Reports what a turn used, and judges it. Only `end_turn` is a success, and only if a model answered: some
 * agents put the error of a model call into words and end the turn as if nothing had happened.
 * @throws WorkflowError `AGENT_LIMIT_REACHED`, `AGENT_FAILED`, `AGENT_NOT_SIGNED_IN`, `AGENT_PROVIDER_OVERLOADED`.
 */
export function acpOutcome(
  turn: Turn,
  facts: UpdateFacts,
  request: AgentRequest,
  observer: AgentObserver,
): AgentOutcome {
  const { name } = acpSettings(request.agent)
  const place: AcpPlace = { name, sessionId: turn.sessionId }
  const { usage, costUsd } = report(turn, facts, name, observer)
  const stopReason = text(turn.result['stopReason']) ?? 'unknown'
  if (stopReason === 'max_tokens' || stopReason === 'max_turn_requests') {
    throw failure(
      place,
      'AGENT_LIMIT_REACHED',
      `The agent ${name} stopped at a limit of its own (${stopReason}).`,
      {
        stopReason,
      },
    )
  }
  if (stopReason !== 'end_turn') {
    throw failure(place, 'AGENT_FAILED', `The agent ${name} ended its turn with "${stopReason}".`, {
      stopReason,
    })
  }
  if (facts.modelFailed) throw modelFailure(place, facts.lastText, { stopReason })
  return {
    text: facts.lastText,
    output: request.outputSchema === null ? undefined : jsonIn(facts.lastText),
    sessionId: turn.sessionId,
    usage: usage ?? NOTHING,
    costUsd,
    stopReason,
  }
}

/** One record for the turn; what is not stated is said to be unknown, and no record is made of it. */
function report(turn: Turn, facts: UpdateFacts, name: string, observer: AgentObserver) {
  const usage = statedUsage(turn.result)
  const notice = (line: string): void => observer.onActivity({ kind: 'notice', text: line })
  if (usage === null) {
    notice(`${name} does not say what it used`)
    return { usage, costUsd: null }
  }
  if (turn.quirks.statesLastCallOnly) notice(`${name} states the tokens of its last model call only`)
  const { sessionCostUsd } = facts
  const isKnown = sessionCostUsd !== null && turn.costBeforeUsd !== null
  const costUsd = isKnown ? Math.max(0, sessionCostUsd - turn.costBeforeUsd) : null
  observer.onUsage({
    ...usage,
    ...providerAndModel(statedModel(turn.result) ?? turn.model, name),
    costUsd,
    priceSource: costUsd === null ? null : name,
    latencyMs: null,
    callId: turn.turnId,
  })
  return { usage, costUsd }
}
