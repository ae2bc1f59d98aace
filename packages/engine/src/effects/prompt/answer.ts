import { validateWith, WorkflowError } from '@holdfast/workflow-sdk'
import type { ModelAnswer, ModelMessage } from '@holdfast/workflow-sdk/ports'
import { DEFAULT_REPAIRS } from '../agent/answer.ts'
import { askModel } from './askModel.ts'
import { refusal, type Conversation } from './conversation.ts'

/** As much of an answer that does not fit, or of why, goes back to the model, in characters. */
const MAX_REFUSED = 32_000

/** An answer that fits, with what the schema makes of it; `undefined` without a schema. */
export interface FittingText {
  readonly answer: ModelAnswer
  readonly output: unknown
}

/**
 * Asks the model. An answer that does not fit goes back to it with the reason, as often as the step says; each
 * repair is durable before it begins, with the answer that it is about.
 * @throws WorkflowError `ANSWER_INVALID` when the last answer does not fit either.
 */
export async function fittingText(conversation: Conversation): Promise<FittingText> {
  const { schema, name, options, repairs: begun } = conversation
  const { maxRepairs = DEFAULT_REPAIRS } = options
  const messages: ModelMessage[] = [...conversation.messages]
  let call = { repair: begun } as Parameters<typeof askModel>[2]
  for (;;) {
    const answer = await askModel(conversation, messages, call)
    if (schema === null) return { answer, output: undefined }
    try {
      const what = `The answer of prompt step "${name}"`
      return { answer, output: await validateWith(schema, answer.output, what, 'ANSWER_INVALID') }
    } catch (error) {
      if (!WorkflowError.has(error, 'ANSWER_INVALID') || call.repair >= maxRepairs) throw error
      const refused = {
        answer: answer.text.slice(0, MAX_REFUSED),
        reason: error.message.slice(0, MAX_REFUSED),
      }
      call = { repair: call.repair + 1, refused }
      messages.push(...refusal(call))
    }
  }
}
