import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { AgentOutcome } from '@holdfast/workflow-sdk/ports'
import { jsonIn } from '../programs/structuredAnswer.ts'
import { codexFailure, type CodexFailure } from './failure.ts'

/** How one process of Codex went. */
export interface CodexEnd extends CodexFailure {
  readonly usage: TokenCounts
  /** Whether the step asked for a structured answer. */
  readonly structured: boolean
}

/**
 * Success is exit code 0 **and** a completed turn; everything else throws. The cost is unknown to Codex.
 * @throws WorkflowError `AGENT_…`, see {@link codexFailure}.
 */
export function codexOutcome(ended: CodexEnd): AgentOutcome {
  const { facts } = ended
  if (ended.end.exitCode !== 0 || facts.threadUsage === null || facts.failure !== null)
    throw codexFailure(ended)
  return {
    text: facts.lastText,
    output: ended.structured ? jsonIn(facts.lastText) : undefined,
    sessionId: ended.sessionId,
    usage: ended.usage,
    costUsd: null,
    stopReason: 'end_turn',
  }
}
