import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { AgentOutcome } from '@holdfast/workflow-sdk/ports'
import type { ProgramEnd } from '../programs/runProgram.ts'
import { jsonIn } from '../programs/structuredAnswer.ts'
import { geminiFailure } from './failure.ts'
import type { GeminiFacts } from './GeminiStream.ts'

/** How one process of Gemini CLI went. */
export interface GeminiEnd {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>
  readonly facts: GeminiFacts
  readonly usage: TokenCounts
  readonly sessionId: string
  /** Whether the step asked for a structured answer. */
  readonly structured: boolean
}

/**
 * Success is exit code 0 **and** a result that is no error: after SIGTERM and SIGINT the code is 0 too.
 * @throws WorkflowError `AGENT_…`, see {@link geminiFailure}.
 */
export function geminiOutcome(ended: GeminiEnd): AgentOutcome {
  const { result, lastText } = ended.facts
  if (ended.end.exitCode !== 0 || result === null || result.isError) throw geminiFailure(ended)
  return {
    text: lastText,
    output: ended.structured ? jsonIn(lastText) : undefined,
    sessionId: ended.sessionId,
    usage: ended.usage,
    costUsd: null,
    stopReason: 'end_turn',
  }
}
