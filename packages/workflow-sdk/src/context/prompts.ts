import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from '../values/duration.ts'
import type { Usage } from './agents.ts'
import type { Budget, StepOptions } from './options.ts'

/** How a model generates; what is not given is the provider's own default. */
export interface ModelConfig {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  /** Longest answer in tokens. */
  readonly maxOutputTokens?: number
  readonly stopSequences?: readonly string[]
  readonly seed?: number
  /** What only one provider knows, by its name: `{ openai: { reasoningEffort: 'low' } }`. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** A prompt that stands in the workflow itself. It is sent as it is, without a template. */
export interface PlainPrompt {
  /** What the user says. */
  readonly text: string
  /** What the model is told before it. */
  readonly system?: string
}

/** Options of `ctx.prompt`. */
export interface PromptOptions<S extends StandardSchemaV1 = StandardSchemaV1> extends StepOptions {
  /** Values of the template's variables. Plain JSON. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** What the user says; the text of the prompt is what the model is told before it. Without it that text is what the user says. */
  readonly message?: string
  /** `provider/model`, e.g. `anthropic/claude-sonnet-4-5`; default that of the prompt, then of the project's config. */
  readonly model?: string
  /** What the answer must fit; it arrives as `output`. Default the prompt's own. */
  readonly schema?: S
  /** How often an answer that does not fit goes back to the model with the reason; default 2. */
  readonly maxRepairs?: number
  /** Goes before what the prompt says, field by field. */
  readonly config?: ModelConfig
  /** What all attempts of the step may spend; it is reserved from the workflow's budget while the model answers. */
  readonly budget?: Budget
  /** The attempt ends when the model says nothing for so long; default 15 minutes. */
  readonly idleTimeoutMs?: Duration
}

/** What `ctx.prompt` answers. */
export interface PromptResult<Output = unknown> {
  readonly text: string
  /** The checked structured answer; `undefined` without a schema. */
  readonly output: Output
  /** Sum over the calls of the attempt, repairs included. */
  readonly usage: Usage
  /** US dollars; null when the price of a call is unknown. */
  readonly costUsd: number | null
  /** Version of the prompt that was used; null for a prompt of the workflow's own. */
  readonly promptVersion: number | null
  /** `provider/model` that answered. */
  readonly model: string
  readonly stopReason: string
}
