import { toErrorRecord, validateWith, WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent, type NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import { cancelChildren } from '../actions/cancelChildren.ts'
import { uuidv7 } from 'uuidv7'
import { randomUUID } from 'node:crypto'
import { inWorkspace } from '../effects/confirmWorkspace.ts'
import { toStored } from '../values/stored.ts'
import { persist } from '../journal/persist.ts'
import { cancelOpen } from './cancelOpen.ts'
import type { Execution } from './Execution.ts'
import { isElsewhere } from './lostWorkspace.ts'

/** How the code of a run came to its end. */
export type Outcome =
  | { readonly how: 'returned'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown }
  | { readonly how: 'failed'; readonly error: WorkflowError }
  | { readonly how: 'continued'; readonly input: unknown }
  | { readonly how: 'cut-off' }

/** Ends what is still open, then the run (S5). Never rejects. */
export async function finishRun(x: Execution, outcome: Outcome): Promise<void> {
  x.finishing = true
  // What the code still calls, e.g. after it caught the error that ends the run, would come after the end.
  x.root.end()
  // A replay that fails before it comes to the cancel that it was made for ends as cancelled (S3).
  if (outcome.how === 'failed') x.cancelling ??= x.index.cancelRequested?.payload.reason ?? null
  try {
    if (outcome.how === 'cut-off') return await cutOff(x)
    await cancelOpen([x.root], 'the run ended')
    if ([...x.index.steps()].some((step) => step.child?.ended === false))
      await cancelChildren(x.deps.store, x.runId)
    await recordGit(x)
    if (outcome.how === 'continued' && x.cancelling === null) await continueRun(x, outcome.input)
    else await x.journal.commit(await terminal(x, outcome))
    x.close('ended')
  } catch (error) {
    await giveUp(x, error)
  }
}

async function terminal(
  x: Execution,
  outcome: Exclude<Outcome, { how: 'cut-off' }>,
): Promise<NewJournalEvent> {
  const activeMs = x.activeMs()
  if (x.cancelling !== null) return stopped(x, outcome)
  switch (outcome.how) {
    case 'returned':
    case 'continued':
      return completed(x, outcome.how === 'returned' ? outcome.value : undefined)
    case 'threw':
    case 'failed':
      return journalEvent('run.failed', { error: toErrorRecord(outcome.error), activeMs })
  }
}

async function completed(x: Execution, value: unknown): Promise<NewJournalEvent> {
  const activeMs = x.activeMs()
  try {
    const output = await toStored(
      value,
      `Workflow "${x.facts.definition.name}" returned a value`,
      x.deps.store,
      x.deps.settings,
    )
    return journalEvent('run.completed', { output, result: sentence(x, value), activeMs })
  } catch (error) {
    return journalEvent('run.failed', { error: toErrorRecord(error), activeMs })
  }
}

/** A run that was asked to stop ends as that, whatever its clean-up returned. */
function stopped(x: Execution, outcome: Outcome): NewJournalEvent {
  const activeMs = x.activeMs()
  const error = outcome.how === 'threw' || outcome.how === 'failed' ? outcome.error : null
  const diverged = WorkflowError.has(error, 'REPLAY_DIVERGED')
  const failed = error !== null && !WorkflowError.has(error, 'RUN_CANCELLED')
  const cleanup = diverged ? 'not-run' : failed ? 'failed' : 'ran'
  if (x.cancelling === 'cancelled')
    return journalEvent('run.cancelled', { cleanup, activeMs, error: failed ? toErrorRecord(error) : null })
  return journalEvent('run.timed_out', { cleanup, activeMs, error: toErrorRecord(limitError(x)) })
}

function limitError(x: Execution): WorkflowError {
  const { run } = x.facts.claim
  return x.cancelling === 'deadline'
    ? new WorkflowError('DEADLINE_EXCEEDED', `Run ${x.runId} passed its deadline of ${run.deadline_at}.`, {
        details: { deadlineAt: run.deadline_at },
      })
    : new WorkflowError('RUN_TIMED_OUT', `Run ${x.runId} used up its running time of ${run.timeout_ms} ms.`, {
        details: { timeoutMs: run.timeout_ms },
      })
}

/**
 * The clean-up took too long: this incarnation is closed, so that nothing of it can write any more, and the run
 * ends without it (S3).
 */
async function cutOff(x: Execution): Promise<void> {
  const { store, clock, workspace } = x.deps
  const activeMs = x.activeMs()
  const event =
    x.cancelling === 'cancelled' || x.cancelling === null
      ? journalEvent('run.cancelled', { cleanup: 'cut-off', activeMs, error: null })
      : journalEvent('run.timed_out', { cleanup: 'cut-off', activeMs, error: toErrorRecord(limitError(x)) })
  const append = {
    runId: x.runId,
    ownerToken: x.facts.claim.ownerToken,
    appendId: randomUUID(),
    events: [event],
  }
  const written = async (): Promise<void> => {
    await workspace?.endProcesses(x.runId, [])
    await cancelChildren(store, x.runId)
    await persist(() => store.appendAsOwner(append), { clock, isOver: () => false, onStuck: () => {} })
  }
  const ending = x.track(written())
  x.close('killed')
  await ending
}

/** What git says at the end (D1); a workspace that cannot be read any more does not keep the run from ending. */
async function recordGit(x: Execution): Promise<void> {
  const { workspace } = x.deps
  if (workspace === null || x.index.workspace === null || isElsewhere(x.facts.claim, x.deps)) return
  try {
    const { initialCommit = null } = x.index.workspace.git
    const git = await inWorkspace(x, () => workspace.facts(x.facts.workspacePath, initialCommit))
    x.journal.add(journalEvent('run.updated', { git }))
  } catch (error) {
    x.journal.add(
      journalEvent('run.updated', {
        warning: `The git facts could not be read: ${error instanceof Error ? error.message : String(error)}`,
      }),
    )
  }
}

/** Ends this run and creates its successor in one transaction (J5). */
async function continueRun(x: Execution, input: unknown): Promise<void> {
  const { created } = x.index
  if (created === null)
    throw new WorkflowError(
      'JOURNAL_CORRUPT',
      `The journal of run ${x.runId} does not begin with run.created.`,
    )
  const { definition, claim } = x.facts
  const checked =
    definition.input === null
      ? input
      : await validateWith(definition.input, input, `The input of ctx.continueAs in run ${x.runId}`)
  const stored = await toStored(
    checked,
    `ctx.continueAs in run ${x.runId} was given an input`,
    x.deps.store,
    x.deps.settings,
  )
  const id = uuidv7()
  await x.journal.settled()
  const held = x.journal.hold()
  const last = journalEvent('run.completed', {
    output: { json: { continuedAs: id } },
    result: `Continues as run ${id}.`,
    activeMs: x.activeMs(),
  })
  const append = {
    runId: x.runId,
    ownerToken: claim.ownerToken,
    appendId: randomUUID(),
    events: [...held, last],
  }
  // To go on is no new start: its keys stand for this run, and no start rate counts it.
  const { idempotency: _i, rateLimit: _r, debounce: _d, forkedFrom: _f, ...same } = created
  const successor = {
    ...same,
    id,
    input: stored,
    state: x.root.state.snapshot(),
    previousRunId: x.runId,
    rootRunId: claim.run.root_run_id,
    workspaceId: x.index.workspace?.workspaceId ?? created.workspaceId,
    workflowVersion: x.index.version,
    tags: x.index.tags,
    budget: x.index.spending.carry(x.activeMs()),
    allowDirty: true,
  }
  try {
    await x.journal.persist(() => x.deps.store.completeAndContinue({ append, successor }))
  } catch (error) {
    x.journal.release(held)
    throw error
  }
}

/** The end itself could not be written: as failed if that goes, otherwise the next owner finds the run unfinished. */
async function giveUp(x: Execution, error: unknown): Promise<void> {
  if (x.closed !== null) return
  try {
    await x.journal.commit(
      journalEvent('run.failed', { error: toErrorRecord(error), activeMs: x.activeMs() }),
    )
    x.close('ended')
  } catch {
    x.close('lost')
  }
}

function sentence(x: Execution, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 500)
  if (typeof value === 'object' && value !== null && 'summary' in value && typeof value.summary === 'string')
    return value.summary.slice(0, 500)
  return `Completed after ${x.stepCount} ${x.stepCount === 1 ? 'step' : 'steps'}.`
}
