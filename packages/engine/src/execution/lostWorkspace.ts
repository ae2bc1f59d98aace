import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { ClaimedRun } from '@holdfast/store/contract'
import type { EngineDependencies } from '../dependencies.ts'
import { LOST_KEY } from '../identity/keys.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'
import type { Execution } from './Execution.ts'

/** Where this worker finds workspaces: its host, and the group of hosts that it shares a disk with. */
function placesOf({ host, workspaceGroup }: EngineDependencies): string[] {
  return workspaceGroup === null ? [host.hostId] : [host.hostId, groupPlace(workspaceGroup)]
}

/** The place that hosts of a group share. */
export function groupPlace(group: string): string {
  return `group:${group}`
}

/** Whether the workspace of a claimed run lies where this worker cannot reach it. */
export function isElsewhere({ run }: Pick<ClaimedRun, 'run'>, deps: EngineDependencies): boolean {
  return run.host_id !== null && !placesOf(deps).includes(run.host_id)
}

/**
 * The host of the run's workspace is away for long: a person decides whether to wait for it on (W2). Nothing of the
 * workflow's code runs here. When the host comes back before an answer, the run goes on there by itself.
 * @throws WorkflowError `WORKSPACE_LOST` when it is given up.
 */
export async function askAboutLostWorkspace(x: Execution): Promise<never> {
  const asked = x.index.get(lastKey(x))
  const isAnswered = asked?.is === 'question' && asked.answers.size > 0
  if (isAnswered && (await ask(x, asked.key)) === 'fail') throw lostError(x)
  // Whoever said that the run shall wait is asked again when the place was away for as long once more.
  const isOpen = asked?.is === 'question' && asked.answers.size === 0 && asked.withdrawn === null
  const key = isOpen ? asked.key : `${LOST_KEY}${count(x)}`
  if ((await ask(x, key)) === 'fail') throw lostError(x)
  x.close('handed-over')
  return await new Promise(() => {})
}

function ask(x: Execution, key: string): Promise<'wait' | 'fail'> {
  const host = x.facts.claim.run.host_id ?? ''
  return new QuestionCall<'wait' | 'fail'>(x, x.root, key, {
    kind: 'workspace-lost',
    name: 'workspace-lost',
    title: `No worker reaches the workspace of run ${x.runId} any more. Wait for it?`,
    body: `The workspace ${x.index.workspace?.path ?? ''} lies on ${host}, and no worker is there. Start a worker there and the run goes on by itself. Or give the run up, and start it anew elsewhere.`,
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: ['wait', 'fail'],
    stepKey: null,
    accept: ({ answer, approved }) => (answer === 'fail' || (answer === null && !approved) ? 'fail' : 'wait'),
  }).request()
}

/** The error of a run that ends because nobody reaches its workspace. */
export function lostError(x: Execution): WorkflowError {
  const hostId = x.facts.claim.run.host_id
  return new WorkflowError(
    'WORKSPACE_LOST',
    `Run ${x.runId} was given up: its workspace lies on ${hostId}, where no worker is. Start a new run.`,
    { details: { runId: x.runId, hostId } },
  )
}

/** The run is back where its workspace is: nobody has to decide about it any more. */
export function withdrawLostQuestion(x: Execution): void {
  const record = x.index.get(lastKey(x))
  if (record?.is !== 'question' || record.withdrawn !== null || record.answers.size > 0) return
  x.write(
    journalEvent('approval.withdrawn', { key: record.key, reason: 'A worker reaches the workspace again.' }),
  )
}

/**
 * Makes runs due that wait for a person because this worker's place had no worker; to be called when it has one.
 * What is over or goes on by now needs nothing.
 */
export async function wakeRunsOfPlace(deps: EngineDependencies): Promise<void> {
  const { store } = deps
  const places = placesOf(deps)
  for (const question of await store.listApprovals({ status: 'open', kind: 'workspace-lost' })) {
    const run = await store.findWorkflowRun(question.run_id)
    if (run?.host_id == null || !places.includes(run.host_id)) continue
    try {
      await store.appendFromOutside(run.id, { type: 'run.resume-requested', payload: { by: null } })
    } catch (error) {
      if (!WorkflowError.has(error, 'RUN_FINISHED', 'RUN_NOT_FOUND')) throw error
    }
  }
}

function lastKey(x: Execution): string {
  return `${LOST_KEY}${Math.max(0, count(x) - 1)}`
}

function count(x: Execution): number {
  let number = 0
  while (x.index.get(`${LOST_KEY}${number}`) !== undefined) number++
  return number
}
