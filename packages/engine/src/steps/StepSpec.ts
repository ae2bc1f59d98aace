import type { OnInterrupted, Writes } from '@holdfast/workflow-sdk'
import type { Amounts, Json, ModelCall, ProcessIdentity, StepKind } from '@holdfast/workflow-sdk/journal'
import type { Scope } from '../scopes/Scope.ts'
import type { ProviderCall } from './providerCall.ts'
import type { ResolvedRetry } from './retry.ts'
import type { StepCall } from './StepCall.ts'

/** Where an attempt stood whose agent or process ended before it. */
export interface Interrupted {
  readonly agentSessionId: string | null
  /** Repairs of an answer that were begun (see `agent.started`). */
  readonly repairs: number
  /** Calls of a model that were begun. */
  readonly modelCalls: readonly ModelCall[]
}

/** What one attempt of a step is given. */
export interface Attempt {
  /** Key of the step. */
  readonly key: string
  readonly number: number
  readonly signal: AbortSignal
  /** Scope of the calls inside the step, made when first asked for. */
  scope(): Scope
  /** Id of the step's row, durable. */
  id(): Promise<string>
  readonly stepNumber: number
  /** Set when this attempt was under way in a process that died. */
  readonly interrupted: Interrupted | null
  /** Writes down a process of the step. */
  readonly onProcess: (process: ProcessIdentity) => void
  /** The tree of the workspace before the attempt; null where it was not taken. */
  readonly treeBefore: string | null
  /** Keeps the tree of the workspace as it is now, as that after the step; null where it cannot be taken exactly. */
  keepTree(): Promise<string | null>
}

/** What an attempt gives. */
export interface AttemptResult {
  readonly value: unknown
  readonly rawOutput?: string
}

/** Everything that makes one kind of step different from another. */
export interface StepSpec {
  readonly kind: StepKind
  readonly name: string
  readonly hash: string
  readonly input: Json | undefined
  readonly writes: Writes
  readonly onInterrupted: OnInterrupted
  readonly retry: ResolvedRetry
  readonly timeoutMs: number | null
  readonly onFailure: 'fail' | 'ask'
  /** Whom it calls, where that has quotas. */
  readonly calls?: ProviderCall
  /** What the step itself may spend. */
  readonly budget: Amounts | null
  /** Whether `step.started` is durable before the effect (S1). */
  readonly durableStart: boolean
  /** Whether the tree is kept before an attempt, and what a later attempt starts from (W4). */
  readonly tree: { readonly onRetry: 'restore' | 'keep' } | null
  readonly effect: (attempt: Attempt, step: StepCall<unknown>) => Promise<AttemptResult> | AttemptResult
}
