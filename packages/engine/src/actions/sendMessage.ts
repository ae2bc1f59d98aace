import type { IWorkflowStore, MessageRow, WorkflowRunRow } from '@holdfast/store/contract'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import type { NewMessage } from '../Engine.ts'
import { findAgentStep } from './findAgentStep.ts'

/** Most bytes of a message, as UTF-8. */
const MAX_MESSAGE_BYTES = 64 * 1024

/**
 * Writes a message into the conversation of a run, which becomes due by it. Answers its row as it is right then.
 * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `MESSAGE_INVALID`, `STEP_NOT_FOUND`.
 */
export async function sendMessage(
  store: IWorkflowStore,
  runId: string,
  message: NewMessage,
): Promise<MessageRow> {
  const text = checkText(runId, message.text)
  const run = await store.getWorkflowRun(runId)
  const step = message.step === undefined ? null : await findAgentStep(store, runId, message.step)
  const sessionId = run.session_id ?? (isTerminal(run.status) ? null : await ownSession(store, run))
  const { first } = await store.appendFromOutside(runId, {
    type: 'message.added',
    payload: {
      sessionId,
      role: 'user',
      text,
      messageType: message.type ?? 'intervention',
      by: message.by,
      ...(step === null ? {} : { stepKey: step.step_key }),
      ...(message.id === undefined ? {} : { id: message.id }),
    },
  })
  const id = `${runId}.${first}.0`
  const row = (await store.listMessages({ runId })).find((one) => one.id === id)
  if (row !== undefined) return row
  throw new WorkflowError('INTERNAL', `Message ${id} was written and is not there.`)
}

/** @throws WorkflowError `MESSAGE_INVALID`. */
function checkText(runId: string, given: string): string {
  const text = given.trim()
  const bytes = Buffer.byteLength(text)
  if (text !== '' && bytes <= MAX_MESSAGE_BYTES) return text
  throw new WorkflowError(
    'MESSAGE_INVALID',
    text === ''
      ? `The message to run ${runId} has no text. Write what its agent is to know.`
      : `The message to run ${runId} has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} are taken. Put it into a file of the workspace and say where it lies.`,
    { details: { runId, bytes, limitBytes: MAX_MESSAGE_BYTES } },
  )
}

/** The run's own session, by its id. */
async function ownSession(store: IWorkflowStore, run: WorkflowRunRow): Promise<string> {
  return (await store.ensureSession({ projectId: run.project_id, name: run.id, agentName: null })).id
}
