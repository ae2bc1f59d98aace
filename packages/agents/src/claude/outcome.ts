import type { AgentOutcome } from '@holdfast/workflow-sdk/ports'
import type { ProgramEnd } from '../programs/runProgram.ts'
import { jsonIn } from '../programs/structuredAnswer.ts'
import type { ClaudeFacts } from './ClaudeStream.ts'
import { claudeFailure } from './failure.ts'
import { toCounts } from './tokens.ts'
import type { ClaudeTotal } from './UsageLedger.ts'

/** How one process of Claude Code went. */
export interface ClaudeEnd {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>
  readonly facts: ClaudeFacts
  readonly total: ClaudeTotal
  readonly sessionId: string
  readonly model: string | null
  /** Whether the step asked for a structured answer. */
  readonly structured: boolean
}

/**
 * Success is exit code 0 **and** a last result that is no error; everything else throws.
 * @throws WorkflowError `AGENT_…`, see {@link claudeFailure}.
 */
export function claudeOutcome(ended: ClaudeEnd): AgentOutcome {
  const { result } = ended.facts
  if (ended.end.exitCode !== 0 || result === null || result.isError) throw claudeFailure(ended)
  return {
    text: result.text,
    output: ended.structured ? (result.structuredOutput ?? jsonIn(result.text)) : undefined,
    sessionId: result.sessionId ?? ended.sessionId,
    usage: toCounts(ended.total.tokens),
    costUsd: ended.total.costUsd,
    stopReason: result.stopReason ?? result.terminalReason ?? 'end_turn',
  }
}
