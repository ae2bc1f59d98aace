import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ModelConfig } from '../context/prompts.ts'
import type { Json } from '../journal/payloads.ts'
import type { AgentUsage } from './agents.ts'
import type { ProjectInfo } from './runtime.ts'

/** One message of a conversation with a model. */
export interface ModelMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** One call of a model. */
export interface ModelRequest {
  /** `provider/model`; null: the model of the project's config. */
  readonly model: string | null
  /** Name of the step, for messages. */
  readonly stepName: string
  /** Run, key of the step and folder of the workspace, by which a recorded run is played. */
  readonly place: { readonly runId: string; readonly stepKey: string; readonly workspacePath: string }
  readonly system: string | null
  readonly messages: readonly ModelMessage[]
  /** JSON Schema of the answer; null: words. */
  readonly outputSchema: Json
  readonly config: ModelConfig
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

/** What the engine is told while a model answers. */
export interface ModelObserver {
  /** A piece of the answer; the pieces together are the text. */
  onDelta(text: string): void
}

/** How a call ended well. */
export interface ModelAnswer {
  readonly text: string
  /** The structured answer, unchecked; `undefined` without a schema, and where the text is no JSON. */
  readonly output: unknown
  readonly usage: AgentUsage
  readonly stopReason: string
}

/** Which provider and model a request means. */
export interface ResolvedModel {
  readonly provider: string
  /** As the provider names it. */
  readonly model: string
}

/** What is known of one provider without asking it. */
export interface ProviderStatus {
  readonly name: string
  /** Whether requests can be sent: a key is there, or none is needed. */
  readonly ready: boolean
  /** What was found, in words; never a key. */
  readonly detail: string
  /** Whether the project's config names it. */
  readonly configured: boolean
}

/** Models without a coding agent around them; `@holdfast/agents` supplies it. */
export interface ModelPort {
  /**
   * Refuses what cannot work before anything is spent.
   * @throws WorkflowError `MODEL_UNKNOWN`, `MODEL_KEY_INVALID`, `OPTION_INVALID`, `OPTION_UNKNOWN`.
   */
  resolve(request: Pick<ModelRequest, 'model' | 'stepName' | 'config'>): ResolvedModel
  /**
   * Asks once; nothing is tried again here.
   * @throws WorkflowError `MODEL_UNKNOWN`, `MODEL_KEY_INVALID`, `MODEL_REFUSED`, `MODEL_FAILED`, `AGENT_PROVIDER_OVERLOADED`
   *   with `kind` and `resetAt` in their details; `STEP_TIMED_OUT` after silence; the signal's reason after an abort.
   */
  ask(request: ModelRequest, observer: ModelObserver): Promise<ModelAnswer>
  /** For `doctor`. */
  inspect(): readonly ProviderStatus[]
}

/** One version of a prompt. */
export interface PromptVersion {
  readonly id: string
  readonly name: string
  readonly version: number
  /** A Liquid template. */
  readonly text: string
  /** `provider/model`, or null. */
  readonly model: string | null
  readonly config: ModelConfig
  /** What the answer must fit, as JSON Schema and to check it with; null: words. */
  readonly output: { readonly jsonSchema: Json; readonly schema: StandardSchemaV1 } | null
  /** Declared variables; null: any. */
  readonly variables: Json
}

/** Where prompts come from; `@holdfast/runtime` supplies it. */
export interface PromptPort {
  /**
   * The version that `name`, `name@label` or `name@3` means now.
   * @throws WorkflowError `PROMPT_NOT_FOUND`, `PROMPT_INVALID`.
   */
  find(project: ProjectInfo, reference: string): Promise<PromptVersion>
  /** A version by its id. @throws WorkflowError `PROMPT_NOT_FOUND`. */
  load(id: string): Promise<PromptVersion>
  /** The text with the variables in it. @throws WorkflowError `PROMPT_INVALID` with line and column. */
  render(prompt: PromptVersion, variables: Readonly<Record<string, unknown>>): Promise<string>
}
