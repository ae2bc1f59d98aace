import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { TreeSnapshot } from '@holdfast/workflow-sdk/ports'
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
  const writing = x.writers.others(step.key)
  if (writing.length > 0) {
    tellInexact(step, 'before', writing)
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
  if ((interrupted || step.goesOnAfterQuota) && step.treeBefore !== null) return step.treeBefore
  const taken = await take(step, attempt, 'before')
  if (taken === null) return null
  const { treeId, commit, ref } = taken
  await x.journal.commit(
    journalEvent('checkpoint.taken', { stepKey: step.key, when: 'before', treeId, commit, ref, exact: true }),
  )
  step.treeBefore = treeId
  return treeId
}

/**
 * Keeps the tree after what a writing step did, so that a run can be forked from here. It is written down before
 * `step.completed`, which carries its id; where nothing changed since the last one, only the id is. Null where there
 * is no git, or another step writes at the moment.
 */
export async function treeAfterAttempt(step: StepCall<unknown>, attempt: number): Promise<string | null> {
  const { x, spec } = step
  if (spec.writes !== 'workspace' || x.deps.workspace === null) return null
  const writing = x.writers.others(step.key)
  if (writing.length > 0) {
    tellInexact(step, 'after', writing)
    return null
  }
  const last = x.lastSnapshot
  const taken = await take(step, attempt, 'after')
  if (taken === null) return null
  const { treeId, commit, ref } = taken
  if (commit !== last?.commit)
    x.journal.add(
      journalEvent('checkpoint.taken', {
        stepKey: step.key,
        when: 'after',
        treeId,
        commit,
        ref,
        exact: true,
      }),
    )
  return treeId
}

/** The files as they are; null outside git, or when another step wrote while they were read. */
async function take(
  step: StepCall<unknown>,
  attempt: number,
  when: 'before' | 'after',
): Promise<TreeSnapshot | null> {
  const { x } = step
  const { workspace } = x.deps
  if (workspace === null) return null
  const name = { runId: x.runId, stepId: `${await idOf(step)}-${attempt}`, when }
  const { value: taken, others } = await x.writers.during(step.key, () =>
    workspace.snapshot(x.facts.workspacePath, name, x.lastSnapshot),
  )
  if (taken === null) return null
  if (others.length > 0) {
    tellInexact(step, when, others)
    return null
  }
  if (taken.notes !== undefined && x.lastSnapshot?.notes?.join() !== taken.notes.join())
    x.journal.add(journalEvent('step.updated', { key: step.key, note: taken.notes.join(' ') }))
  x.lastSnapshot = taken
  return taken
}

function tellInexact(
  { x, key }: StepCall<unknown>,
  when: 'before' | 'after',
  others: readonly string[],
): void {
  x.journal.add(
    journalEvent('step.updated', {
      key,
      note: `No exact tree is kept ${when} this step: ${others.join(', ')} wrote at the same time.`,
    }),
  )
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
