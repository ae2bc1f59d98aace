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
  const { treeId, changedFiles } = await changes(x, attempt)
  await x.journal.settled()
  const { inputTokens, outputTokens } = outcome.usage
  const value: AgentResult = {
    text: outcome.text,
    output,
    sessionId: outcome.sessionId,
    usage: { ...outcome.usage, totalTokens: inputTokens + outputTokens },
    costUsd: outcome.costUsd,
    ...x.index.spending.ofAttempt(step.key),
    changedFiles,
    stopReason: outcome.stopReason,
  }
  return { value, rawOutput: outcome.text, ...(treeId === null ? {} : { treeId }) }
}

async function changes(
  x: Execution,
  attempt: Attempt,
): Promise<{ readonly treeId: string | null; readonly changedFiles: readonly string[] }> {
  if (attempt.treeBefore === null) return { treeId: null, changedFiles: [] }
  const workspace = workspaceOf(x)
  const after = await workspace.snapshot(x.facts.workspacePath, {
    runId: x.runId,
    stepId: `${await attempt.id()}-${attempt.number}`,
    when: 'after',
  })
  if (after === null) return { treeId: null, changedFiles: [] }
  const changed = await workspace.changedFiles(x.facts.workspacePath, attempt.treeBefore, after.treeId)
  return { treeId: after.treeId, changedFiles: changed.map((file) => file.path).toSorted() }
}
