import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { StepCall } from './StepCall.ts'

/**
 * Keeps the tree before an attempt, durably, and brings it back where an interrupted or failed attempt must
 * not leave traces (W4). Answers the tree's id; null where there is none or another step writes at the moment.
 */
export async function treeBeforeAttempt(
  step: StepCall<unknown>,
  attempt: number,
  interrupted: boolean,
): Promise<string | null> {
  const { x, spec } = step
  const { workspace } = x.deps
  if (spec.tree === null || workspace === null) return null
  const path = x.facts.workspacePath
  const others = x.writers.others(step.key)
  if (others.length > 0) {
    x.journal.add(
      journalEvent('step.updated', {
        key: step.key,
        note: `No exact tree is kept before this step: ${others.join(', ')} wrote at the same time.`,
      }),
    )
    return null
  }
  const again = interrupted || attempt > 1
  if (again && step.treeBefore !== null && spec.tree.onRetry === 'restore') {
    // What the lost attempt left is kept too: somebody may want to look at it, or have worked on it meanwhile.
    const lost = { runId: x.runId, stepId: `${await idOf(step)}-${attempt}-lost`, when: 'after' } as const
    const aside = await workspace.snapshot(path, lost)
    if (aside !== null && aside.treeId !== step.treeBefore) tellPutAside(step, aside.ref)
    await workspace.restore(path, step.treeBefore)
  }
  if (interrupted && step.treeBefore !== null) return step.treeBefore
  const taken = await workspace.snapshot(path, {
    runId: x.runId,
    stepId: `${await idOf(step)}-${attempt}`,
    when: 'before',
  })
  if (taken === null) return null
  const { treeId, commit, ref } = taken
  await x.journal.commit(
    journalEvent('checkpoint.taken', { stepKey: step.key, when: 'before', treeId, commit, ref, exact: true }),
  )
  step.treeBefore = treeId
  return treeId
}

/** Files that changed during the lost attempt are gone from the workspace: whoever made them must be able to find them. */
function tellPutAside(step: StepCall<unknown>, ref: string): void {
  const { x, spec } = step
  const note = `"${spec.name}" starts again from the files as they were before it. What was there since is kept: git show --stat ${ref}; git restore --source=${ref} -- PATH`
  x.journal.add(journalEvent('step.updated', { key: step.key, note }))
  const { runId } = x
  x.deps.files.log({
    runId,
    stepId: null,
    stepNumber: null,
    stepName: null,
    level: 'warn',
    message: note,
    data: { ref },
  })
}

async function idOf(step: StepCall<unknown>): Promise<string> {
  await step.x.journal.settled()
  const record = step.x.index.get(step.key)
  return record?.is === 'step' ? `${step.x.runId}.${record.startedSequence}.0` : step.key
}
