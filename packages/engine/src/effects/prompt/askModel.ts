import { journalEvent, type ModelCall } from '@holdfast/workflow-sdk/journal'
import type { ModelAnswer, ModelMessage } from '@holdfast/workflow-sdk/ports'
import { excessError } from '../../budgets/excessError.ts'
import { recordedPlace } from '../recordedPlace.ts'
import type { Conversation } from './conversation.ts'

/**
 * One call of the model. It is durable before it is paid and begins only when the budgets have room; when they have
 * none any more it is aborted. What it used is written down when it has ended.
 * @throws WorkflowError `BUDGET_EXCEEDED` with the excess as its details, and what the port throws.
 */
export async function askModel(
  conversation: Conversation,
  messages: readonly ModelMessage[],
  call: Pick<ModelCall, 'repair' | 'refused'>,
): Promise<ModelAnswer> {
  const { x, ports, step, attempt, name, model, system, outputSchema, config, idleTimeoutMs } = conversation
  const stop = new AbortController()
  const hold = await x.budgets.enter({
    stepKey: step.key,
    budget: step.spec.budget,
    stop: (excess) => stop.abort(excessError(x.runId, name, excess)),
  })
  if (!('leave' in hold)) throw excessError(x.runId, name, hold)
  let heard = false
  try {
    await x.journal.commit(
      journalEvent('step.updated', { key: step.key, modelCall: callOf(conversation, call) }),
    )
    const answer = await ports.models.ask(
      {
        model: `${model.provider}/${model.model}`,
        stepName: name,
        place: recordedPlace(x, step.key),
        system,
        messages: [...messages],
        outputSchema,
        config,
        idleTimeoutMs,
        signal: AbortSignal.any([attempt.signal, stop.signal]),
      },
      {
        onDelta: (text) => {
          heard = true
          x.deps.onActivity({ runId: x.runId, stepKey: step.key, kind: 'delta', text })
        },
      },
    )
    x.journal.add(journalEvent('usage.recorded', { stepKey: step.key, ...x.deps.price(answer.usage) }))
    log(conversation, await attempt.id(), answer)
    return answer
  } catch (error) {
    if (heard) tellBroken(conversation)
    throw stop.signal.aborted && !attempt.signal.aborted ? stop.signal.reason : error
  } finally {
    hold.leave()
  }
}

function callOf(
  { prompt, model }: Conversation,
  { repair, refused }: Pick<ModelCall, 'repair' | 'refused'>,
): ModelCall {
  return {
    repair,
    ...model,
    prompt: prompt === null ? null : { id: prompt.id, name: prompt.name, version: prompt.version },
    ...(refused === undefined ? {} : { refused }),
  }
}

/** What was generated before a call broke off is paid, but nobody says how much that was. */
function tellBroken({ x, step, model }: Conversation): void {
  const note = `A call of ${model.provider}/${model.model} broke off; what it used is not known.`
  x.journal.add(journalEvent('step.updated', { key: step.key, note }))
}

/** The whole answer, once; its pieces were for those who watch. */
function log({ x, attempt, name, model }: Conversation, stepId: string, { text }: ModelAnswer): void {
  x.deps.files.log({
    runId: x.runId,
    stepId,
    stepNumber: attempt.stepNumber,
    stepName: name,
    level: 'info',
    message: text,
    data: { model: `${model.provider}/${model.model}` },
  })
}
