import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from '../values/duration.ts'
import type { Budget, StepOptions, TreeOptions } from './options.ts'

/** What an agent may do without being asked. `plan` writes nothing; `full` may do everything. */
export type PermissionMode = 'plan' | 'edit' | 'full'

/** Names an agent and how to start it; made by `claude`, `replay(…)` and their like from `holdfast/agents`. */
export interface AgentReference {
  /** Name under which an adapter is registered, e.g. `claude`. */
  readonly agent: string
  /** Plain JSON settings of that adapter. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** Options of `ctx.runCli`. */
export interface RunCliOptions<S extends StandardSchemaV1 = StandardSchemaV1>
  extends StepOptions, TreeOptions {
  readonly model?: string
  /** Default `edit`. */
  readonly permissionMode?: PermissionMode
  /** Tools that the agent may use without being asked, by the names its program gives them. */
  readonly allowedTools?: readonly string[]
  /** Folder relative to the workspace. */
  readonly cwd?: string
  /** Session id of an earlier step to go on with, as its result has it; null begins a new session. */
  readonly resume?: string | null
  /** What the agent's final answer must fit; it arrives as `output`. */
  readonly schema?: S
  /** How often an answer that does not fit the schema goes back to the agent in its session, with the reason; default 2. */
  readonly maxRepairs?: number
  /** What all attempts of the step may spend; it is reserved from the workflow's budget while the agent works. */
  readonly budget?: Budget
  /** The attempt ends when the agent says nothing for so long; default 15 minutes. */
  readonly idleTimeoutMs?: Duration
  /** Largest number of model turns. */
  readonly maxTurns?: number
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

/** Tokens of an agent step. Input does not contain what came from the cache. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedReadTokens: number
  readonly cachedWriteTokens: number
  readonly reasoningTokens: number
  /** Input + output. */
  readonly totalTokens: number
}

/** What an agent step answers. */
export interface AgentResult<Output = unknown> {
  /** The agent's last words. */
  readonly text: string
  /** The checked structured answer; `undefined` without a schema. */
  readonly output: Output
  readonly sessionId: string | null
  readonly usage: Usage
  /** US dollars; null when the price is unknown. */
  readonly costUsd: number | null
  /** Paths relative to the workspace, sorted. */
  readonly changedFiles: readonly string[]
  readonly stopReason: string
}
