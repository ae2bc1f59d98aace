import {
  toMilliseconds,
  WorkflowError,
  type ModelConfig,
  type PlainPrompt,
  type PromptOptions,
} from '@holdfast/workflow-sdk'
import { journalEvent, type Json, type ModelCall } from '@holdfast/workflow-sdk/journal'
import type {
  ModelMessage,
  ModelPort,
  PromptPort,
  PromptVersion,
  ResolvedModel,
} from '@holdfast/workflow-sdk/ports'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Execution } from '../../execution/Execution.ts'
import type { StepCall } from '../../steps/StepCall.ts'
import type { Attempt } from '../../steps/StepSpec.ts'
import { jsonSchemaOf } from '../jsonSchema.ts'

/** The ports that a prompt step needs. */
export interface PromptPorts {
  readonly models: ModelPort
  readonly prompts: PromptPort
}

/** What a call of `ctx.prompt` is made from. */
export interface PromptCall {
  readonly x: Execution
  readonly ports: PromptPorts
  readonly step: StepCall<unknown>
  readonly attempt: Attempt
  readonly name: string
  readonly source: string | PlainPrompt
  readonly options: PromptOptions
}

/** One attempt of a prompt step before its first call: everything that can be wrong with it was looked at. */
export interface Conversation extends PromptCall {
  /** Null for a prompt of the workflow's own. */
  readonly prompt: PromptVersion | null
  readonly model: ResolvedModel
  readonly asked: string
  readonly system: string | null
  /** What was said before the crash: the prompt, refused answers and why. */
  readonly messages: readonly ModelMessage[]
  readonly schema: StandardSchemaV1 | null
  readonly outputSchema: Json
  readonly config: ModelConfig
  readonly idleTimeoutMs: number
  /** Repairs that were begun before a crash. */
  readonly repairs: number
}

/** @throws WorkflowError `MODEL_UNKNOWN` where the engine was made without models. */
export function portsOf(x: Execution): PromptPorts {
  const { models, prompts } = x.deps
  if (models !== null && prompts !== null) return { models, prompts }
  throw new WorkflowError(
    'MODEL_UNKNOWN',
    `Run ${x.runId} calls a model, and this engine was made without any. Create it with createHoldfast, or give createTestEngine a recording or models.`,
    { details: { runId: x.runId } },
  )
}

/**
 * Prepares an attempt. A step keeps the version of its prompt, also in later attempts and after a crash.
 * @throws WorkflowError `PROMPT_NOT_FOUND`, `PROMPT_INVALID`, `MODEL_UNKNOWN`, `MODEL_KEY_INVALID`, `OPTION_INVALID`, `DURATION_INVALID`.
 */
export async function conversationOf(call: PromptCall): Promise<Conversation> {
  const { x, ports, attempt, step, name, source, options } = call
  const prompt = typeof source === 'string' ? await versionOf(call, source) : null
  const text =
    prompt === null
      ? (source as PlainPrompt).text
      : await ports.prompts.render(prompt, options.variables ?? {})
  const { system, user } = roles(source, text, options.message)
  const config = { ...prompt?.config, ...options.config }
  const asked = { model: options.model ?? prompt?.model ?? null, stepName: name, config }
  const before = attempt.interrupted?.modelCalls ?? []
  if (before.length > 0) tellLost(x, step.key)
  const { schema = null } = options
  return {
    ...call,
    prompt,
    model: ports.models.resolve(asked),
    asked: user,
    system,
    messages: [{ role: 'user', text: user }, ...before.flatMap(refusal)],
    schema: schema ?? prompt?.output?.schema ?? null,
    outputSchema:
      schema === null
        ? (prompt?.output?.jsonSchema ?? null)
        : jsonSchemaOf(schema, `schema of prompt step "${name}"`),
    config,
    idleTimeoutMs:
      options.idleTimeoutMs === undefined
        ? x.deps.settings.agentIdleTimeoutMs
        : toMilliseconds(options.idleTimeoutMs, `idleTimeoutMs of "${name}"`),
    repairs: before.at(-1)?.repair ?? 0,
  }
}

/** What an answer that was not accepted adds to the conversation. */
export function refusal({ refused }: Pick<ModelCall, 'refused'>): readonly ModelMessage[] {
  if (refused === undefined) return []
  return [
    { role: 'assistant', text: refused.answer },
    {
      role: 'user',
      text: `Your answer was not accepted. ${refused.reason}\nAnswer again, with nothing but what fits the schema you were given.`,
    },
  ]
}

async function versionOf({ x, ports, step }: PromptCall, reference: string): Promise<PromptVersion> {
  const record = x.index.get(step.key)
  const kept = record?.is === 'step' ? record.promptId : null
  return kept === null ? ports.prompts.find(x.facts.project, reference) : ports.prompts.load(kept)
}

function roles(
  source: string | PlainPrompt,
  text: string,
  message: string | undefined,
): { readonly system: string | null; readonly user: string } {
  if (typeof source !== 'string') return { system: source.system ?? null, user: text }
  return message === undefined ? { system: null, user: text } : { system: text, user: message }
}

function tellLost(x: Execution, key: string): void {
  const note = 'The call that was under way when its process ended is made again; what it used is not known.'
  x.journal.add(journalEvent('step.updated', { key, note }))
}
