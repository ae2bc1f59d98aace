import type { AgentResult } from '@holdfast/workflow-sdk'
import type { Execution } from '../../execution/Execution.ts'
import type { Attempt, AttemptResult } from '../../steps/StepSpec.ts'
import { workspaceOf } from '../workspaceOf.ts'
import type { FittingAnswer } from './answer.ts'
import type { Session } from './session.ts'

/**
 * What an agent step answers: the agent's last outcome, its checked output, the files that changed, and what all
 * turns of the attempt used, also those in a process that died or was stopped.
 */
export async function agentResult(
  { x, step, attempt }: Session,
  { outcome, output }: FittingAnswer,
): Promise<AttemptResult> {
  const changed = await changedFiles(x, attempt)
  await x.journal.settled()
  const { inputTokens, outputTokens } = outcome.usage
  const value: AgentResult = {
    text: outcome.text,
    output,
    sessionId: outcome.sessionId,
    usage: { ...outcome.usage, totalTokens: inputTokens + outputTokens },
    costUsd: outcome.costUsd,
    ...x.index.spending.ofAttempt(step.key),
    changedFiles: changed,
    stopReason: outcome.stopReason,
  }
  return { value, rawOutput: outcome.text }
}

async function changedFiles(x: Execution, attempt: Attempt): Promise<readonly string[]> {
  const after = await attempt.keepTree()
  if (after === null || attempt.treeBefore === null) return []
  const workspace = workspaceOf(x)
  const changed = await workspace.changedFiles(x.facts.workspacePath, attempt.treeBefore, after)
  return changed.map((file) => file.path).toSorted()
}
