import type { AgentResult } from '@holdfast/workflow-sdk'
import type { AgentOutcome } from '@holdfast/workflow-sdk/ports'
import type { Execution } from '../../execution/Execution.ts'
import type { Attempt, AttemptResult } from '../../steps/StepSpec.ts'
import { workspaceOf } from '../workspaceOf.ts'

/** What an agent step answers: the agent's outcome, its checked output and the files that changed. */
export async function agentResult(
  x: Execution,
  attempt: Attempt,
  outcome: AgentOutcome,
  output: unknown,
): Promise<AttemptResult> {
  const { treeId, changedFiles } = await changes(x, attempt)
  const value: AgentResult = {
    text: outcome.text,
    output,
    sessionId: outcome.sessionId,
    usage: { ...outcome.usage, totalTokens: outcome.usage.inputTokens + outcome.usage.outputTokens },
    costUsd: outcome.costUsd,
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
