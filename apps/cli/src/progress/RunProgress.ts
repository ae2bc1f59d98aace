import type { ApprovalKind, Json, StepKind } from '@holdfast/workflow-sdk/journal'
import type { ErrorRecord, StepStatus, WaitingFor, WorkflowStatus } from '@holdfast/workflow-sdk'

/** A step as progress shows it. */
export interface StepProgress {
  readonly key: string
  readonly name: string
  readonly kind: StepKind
  readonly stepNumber: number
  readonly parentKey: string | null
  readonly status: StepStatus
  /** ISO time of the first start. */
  readonly startedAt: string
  readonly endedAt: string | null
  /** Of the last attempt, once it is over. */
  readonly durationMs: number | null
  readonly attempt: number
  readonly maxAttempts: number
  readonly error: ErrorRecord | null
  /** ISO time of the next attempt, while it waits for one. */
  readonly retryAt: string | null
  readonly childRunId: string | null
  readonly agent: { readonly agent: string; readonly model: string | null } | null
  readonly usage: UsageProgress
}

/** Tokens and cost so far; `unknownCosts` counts calls without a price. */
export interface UsageProgress {
  readonly tokens: number
  readonly costUsd: number | null
  readonly unknownCosts: number
}

/** Something that a run waits for. */
export interface WaitProgress {
  readonly key: string
  readonly kind: 'timer' | 'event' | 'child'
  readonly detail: string
  readonly until: string | null
  readonly since: string
}

/** A question that is open. */
export interface QuestionProgress {
  readonly key: string
  readonly kind: ApprovalKind
  readonly name: string
  readonly title: string
  readonly body: string
  readonly revision: number
  readonly choices: readonly string[]
  readonly answerSchema: Json
  readonly stepKey: string | null
  readonly until: string | null
}

/** A run as its journal tells it so far. */
export interface RunProgress {
  readonly runId: string
  readonly workflowName: string
  readonly status: WorkflowStatus
  readonly createdAt: string
  /** Of the first claim. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly waitingFor: WaitingFor | null
  /** In the order of their first start. */
  readonly steps: ReadonlyMap<string, StepProgress>
  readonly waits: ReadonlyMap<string, WaitProgress>
  readonly questions: ReadonlyMap<string, QuestionProgress>
  readonly usage: UsageProgress
  readonly branch: string | null
  readonly workspacePath: string | null
  readonly error: ErrorRecord | null
  readonly result: string | null
  readonly sequence: number
}

const NO_USAGE: UsageProgress = { tokens: 0, costUsd: null, unknownCosts: 0 }

/** A run of which nothing has been read yet. */
export function emptyProgress(runId: string): RunProgress {
  return {
    runId,
    workflowName: '',
    status: 'pending',
    createdAt: new Date(0).toISOString(),
    startedAt: null,
    endedAt: null,
    waitingFor: null,
    steps: new Map(),
    waits: new Map(),
    questions: new Map(),
    usage: NO_USAGE,
    branch: null,
    workspacePath: null,
    error: null,
    result: null,
    sequence: 0,
  }
}

/** Usage with one more model call. */
export function addUsage(
  usage: UsageProgress,
  call: { readonly inputTokens: number; readonly outputTokens: number; readonly costUsd: number | null },
): UsageProgress {
  const { costUsd } = call
  return {
    tokens: usage.tokens + call.inputTokens + call.outputTokens,
    costUsd: costUsd === null ? usage.costUsd : (usage.costUsd ?? 0) + costUsd,
    unknownCosts: usage.unknownCosts + (costUsd === null ? 1 : 0),
  }
}

/** A step that has just started. */
export function startedStep(
  payload: {
    readonly key: string
    readonly name: string
    readonly kind: StepKind
    readonly stepNumber: number
    readonly parentKey: string | null
    readonly attempt: number
    readonly maxAttempts: number
  },
  startedAt: string,
): StepProgress {
  const { key, name, kind, stepNumber, parentKey, attempt, maxAttempts } = payload
  return {
    key,
    name,
    kind,
    stepNumber,
    parentKey,
    status: 'running',
    startedAt,
    endedAt: null,
    durationMs: null,
    attempt,
    maxAttempts,
    error: null,
    retryAt: null,
    childRunId: null,
    agent: null,
    usage: NO_USAGE,
  }
}
