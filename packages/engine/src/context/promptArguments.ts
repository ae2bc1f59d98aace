import { WorkflowError, type PromptOptions } from '@holdfast/workflow-sdk'
import { knownOptions, requireObject, requireText, requireWords } from './arguments.ts'

/**
 * Looks at the prompt of a call and at the options that go with it.
 * @throws WorkflowError `OPTION_INVALID`, `OPTION_UNKNOWN`.
 */
export function checkPrompt(call: string, prompt: unknown, options: PromptOptions): void {
  const { variables, message, model, maxRepairs, config } = options
  if (variables !== undefined) requireObject(call, 'variables', variables)
  if (config !== undefined) requireObject(call, 'config', config)
  if (model !== undefined) requireWords(call, 'model', model)
  if (message !== undefined) requireWords(call, 'message', message)
  if (maxRepairs !== undefined && !(Number.isInteger(maxRepairs) && maxRepairs >= 0))
    throw new WorkflowError(
      'OPTION_INVALID',
      `maxRepairs of ${call} is ${JSON.stringify(maxRepairs)}. Use a whole number from 0.`,
      { details: { option: 'maxRepairs' } },
    )
  if (typeof prompt === 'string') return requireWords(call, 'prompt', prompt)
  requireObject(call, 'prompt', prompt)
  const { text, system } = prompt as { readonly text?: unknown; readonly system?: unknown }
  knownOptions(`${call}, its prompt,`, prompt as object, ['text', 'system'])
  requireWords(call, 'text', text)
  if (system !== undefined) requireText(call, 'system', system)
  for (const option of ['variables', 'message'] as const)
    if (options[option] !== undefined)
      throw new WorkflowError(
        'OPTION_INVALID',
        `${call} gives ${option} to a text of its own, which is sent as it is. Put it into the text, or name a prompt of .agent/prompts.`,
        { details: { option } },
      )
}
