import { columnText } from '../payload/text.ts'
import type { ApprovalFacts, FactSource, SessionFacts, StepFacts } from '../projection/Known.ts'

/** A fact that a batch turned out to need: it is loaded, and the batch begins again. */
export type Need =
  | { readonly kind: 'run'; readonly runId: string }
  /** Everything that is open below a run. */
  | { readonly kind: 'open'; readonly runId: string }
  | { readonly kind: 'last'; readonly runId: string }
  | { readonly kind: 'step'; readonly runId: string; readonly key: string }
  | { readonly kind: 'approval'; readonly runId: string; readonly key: string }
  | { readonly kind: 'usage'; readonly runId: string; readonly key: string }
  | { readonly kind: 'external'; readonly runId: string; readonly key: string }
  | { readonly kind: 'event'; readonly runId: string; readonly key: string }
  | { readonly kind: 'blob'; readonly key: string }
  | { readonly kind: 'stepId'; readonly key: string }
  /** Highest sequence of the log lines of a step, or of a run without step. */
  | { readonly kind: 'log'; readonly runId: string; readonly stepId: string | null }

/** Thrown inside a batch where a fact is missing. */
export class NotLoaded extends Error {
  readonly need: Need

  constructor(need: Need) {
    super('A fact of this batch is not loaded yet.')
    this.need = need
  }
}

/** What tells a need from others. */
export function needId(need: Need): string {
  const {
    kind,
    runId = '',
    key = '',
    stepId = '',
  } = need as Partial<Record<string, string>> & { kind: string }
  return JSON.stringify([kind, runId, columnText(key ?? ''), stepId])
}

/** Facts of one batch. What was not asked for before throws {@link NotLoaded}. */
export class LoadedFacts implements FactSource {
  readonly #found = new Map<string, unknown>()

  /** Keeps an answer; null says that there is none. */
  set(need: Need, value: unknown): void {
    this.#found.set(needId(need), value)
  }

  has(need: Need): boolean {
    return this.#found.has(needId(need))
  }

  /** The answer to a need. @throws NotLoaded. */
  get<T>(need: Need): T {
    const id = needId(need)
    if (!this.#found.has(id)) throw new NotLoaded(need)
    return this.#found.get(id) as T
  }

  step(runId: string, key: string): StepFacts | null {
    return copy(this.get<StepFacts | null>({ kind: 'step', runId, key }))
  }

  openSteps(runId: string): StepFacts[] {
    return this.#open(runId).steps.map((step) => ({ ...step }))
  }

  lastStepId(runId: string): string | null {
    return this.get({ kind: 'last', runId })
  }

  runningSession(stepId: string): SessionFacts | null {
    const runId = stepId.slice(0, stepId.indexOf('.'))
    return this.runningSessions(runId).findLast((session) => session.workflow_step_id === stepId) ?? null
  }

  runningSessions(runId: string): SessionFacts[] {
    return this.#open(runId).sessions.map((session) => ({ ...session }))
  }

  approval(runId: string, key: string): ApprovalFacts | null {
    return copy(this.get<ApprovalFacts | null>({ kind: 'approval', runId, key }))
  }

  openApprovals(runId: string): ApprovalFacts[] {
    return this.#open(runId).approvals.map((approval) => ({ ...approval }))
  }

  hasUsage(runId: string, callId: string): boolean {
    return this.get<unknown>({ kind: 'usage', runId, key: callId }) !== null
  }

  #open(runId: string): OpenFacts {
    return this.get({ kind: 'open', runId })
  }
}

/** What is open below a run. */
export interface OpenFacts {
  readonly steps: StepFacts[]
  readonly sessions: SessionFacts[]
  readonly approvals: ApprovalFacts[]
}

/** The projection changes what it is given. */
function copy<T extends object>(fact: T | null): T | null {
  return fact === null ? null : { ...fact }
}
