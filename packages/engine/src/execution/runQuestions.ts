import { toErrorRecord, WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import { QuestionCall } from '../waits/QuestionCall.ts'
import type { Execution } from './Execution.ts'

/** The process died again and again without a new finished step: a person decides (S1). @throws `STEP_INTERRUPTED` on `fail`. */
export async function askAboutCrashLoop(x: Execution): Promise<void> {
  const key = `#crash-loop:${x.index.takeovers}`
  const decision = await new QuestionCall<'continue' | 'fail'>(x, x.root, key, {
    kind: 'crash-loop',
    name: 'crash-loop',
    title: `The worker of run ${x.runId} died ${x.index.takeovers} times without finishing a step. Go on?`,
    body: 'Something in the step that was running may end the process: too much memory, a native crash, a kill. Look at the logs before you go on.',
    timeoutMs: null,
    onTimeout: 'fail',
    answerSchema: null,
    choices: ['continue', 'fail'],
    stepKey: null,
    accept: (answer) =>
      answer.answer === 'fail' || (answer.answer === null && !answer.approved) ? 'fail' : 'continue',
  }).request()
  if (decision === 'fail')
    throw new WorkflowError(
      'STEP_INTERRUPTED',
      `Run ${x.runId} was given up: its worker died ${x.index.takeovers} times without finishing a step.`,
    )
}

/** Ends a run whose code or workspace cannot be had. */
export async function failEarly(x: Execution, error: unknown): Promise<void> {
  const record = toErrorRecord(error)
  const activeMs = x.activeMs()
  const reason = x.index.cancelRequested?.payload.reason ?? null
  const event =
    reason === null
      ? journalEvent('run.failed', { error: record, activeMs })
      : reason === 'cancelled'
        ? journalEvent('run.cancelled', { cleanup: 'not-run', activeMs, error: record })
        : journalEvent('run.timed_out', { cleanup: 'not-run', activeMs, error: record })
  await x.journal.commit(event)
  x.close('ended')
}
