import type { PlainPrompt, PromptOptions, PromptResult } from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { fittingText } from './prompt/answer.ts'
import { conversationOf, portsOf } from './prompt/conversation.ts'

/** The effect of `ctx.prompt`: one answer of a model, with as many repairs as it takes and may take. */
export function promptEffect(
  x: Execution,
  name: string,
  source: string | PlainPrompt,
  options: PromptOptions,
): StepSpec['effect'] {
  return async (attempt, step) => {
    const ports = portsOf(x)
    const conversation = await conversationOf({ x, ports, step, attempt, name, source, options })
    const { answer, output } = await fittingText(conversation)
    await x.journal.settled()
    const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens, reasoningTokens } = answer.usage
    const value: PromptResult = {
      text: answer.text,
      output,
      usage: {
        inputTokens,
        outputTokens,
        cachedReadTokens,
        cachedWriteTokens,
        reasoningTokens,
        totalTokens: inputTokens + outputTokens,
      },
      costUsd: answer.usage.costUsd,
      ...x.index.spending.ofAttempt(step.key),
      promptVersion: conversation.prompt?.version ?? null,
      model: `${conversation.model.provider}/${conversation.model.model}`,
      stopReason: answer.stopReason,
    }
    return { value, rawOutput: answer.text }
  }
}
