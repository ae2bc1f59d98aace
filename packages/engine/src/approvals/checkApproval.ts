import { WorkflowError, type Approval } from '@holdfast/workflow-sdk'
import { workspaceOf } from '../effects/workspaceOf.ts'
import type { Execution } from '../execution/Execution.ts'
import { decisionOf } from './decision.ts'
import { lookAtTree } from './lookAtTree.ts'

/**
 * Whether an approval holds at this moment: somebody said yes, and the files are those that were approved (P1).
 * @throws WorkflowError `APPROVAL_REQUIRED`, `APPROVAL_CHANGED`.
 */
export async function checkApproval(
  x: Execution,
  approval: Approval | undefined,
  call: string,
): Promise<void> {
  if (approval === undefined) return
  const given: unknown = (approval as Approval | null)?.key
  const key = typeof given === 'string' ? given : ''
  const record = x.index.get(key)
  const answer = record?.is === 'question' ? decisionOf(record)?.answer : undefined
  if (record?.is !== 'question' || answer?.approved !== true)
    throw new WorkflowError(
      'APPROVAL_REQUIRED',
      `${call} requires an approval, but what it was given is none of this run that says yes. Give it what ctx.approve answered, where that is approved.`,
      { details: { key } },
    )
  const shown = record.shown.get(answer.revision)
  if (shown === undefined) return
  const seen = await lookAtTree(workspaceOf(x), {
    path: x.facts.workspacePath,
    covers: shown.covers,
    name: { runId: x.runId, stepId: `approval-${key}-at-effect` },
    last: shown,
  })
  if (seen.fingerprint === shown.fingerprint) return
  throw new WorkflowError(
    'APPROVAL_CHANGED',
    `${call} requires an approval, and what it covers has changed since it was given. Ask again with ctx.approve after the last change.`,
    { details: { key, revision: answer.revision, approved: shown.treeId, found: seen.treeId } },
  )
}
