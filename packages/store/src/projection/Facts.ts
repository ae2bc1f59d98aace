import type { InsertChange, UpdateChange } from './changes.ts'
import type { ApprovalFacts, FactSource, Known, SessionFacts, StepFacts } from './Known.ts'
import type { RunColumns, StepColumns } from './rows.ts'

const OPEN = new Set<StepColumns['status']>(['pending', 'running', 'retrying'])

/**
 * What is known of a run's rows: read from the source when it is first asked for, and kept in step with the
 * changes of the batch. Between batches only what is still open is remembered.
 */
export class Facts implements Known {
  readonly run: Readonly<RunColumns>
  readonly #source: FactSource
  /** By key; null: there is none. */
  readonly #steps = new Map<string, StepFacts | null>()
  #openSteps: Map<string, StepFacts> | null
  #lastStep: { id: string; number: number } | null = null
  #sessions: Map<string, SessionFacts> | null
  readonly #approvals = new Map<string, ApprovalFacts | null>()
  #openApprovals: Map<string, ApprovalFacts> | null
  readonly #calls = new Set<string>()

  constructor(run: Readonly<RunColumns>, source: FactSource, isNew: boolean) {
    this.run = run
    this.#source = source
    this.#openSteps = isNew ? new Map() : null
    this.#sessions = isNew ? new Map() : null
    this.#openApprovals = isNew ? new Map() : null
  }

  /** Whether what is open is known, so that only what is finished has to be read. */
  get knowsOpen(): boolean {
    return this.#openSteps !== null && this.#sessions !== null && this.#openApprovals !== null
  }

  /** Reads at once what is open. */
  readOpen(): void {
    this.#allOpen()
    this.#allSessions()
    this.#allApprovals()
  }

  /** Whether the step with this key is known without reading. */
  knowsStep(key: string): boolean {
    return this.#steps.has(key)
  }

  step(key: string): StepFacts | null {
    let step = this.#steps.get(key)
    if (step === undefined) {
      step = this.#source.step(this.run.id, key)
      this.#steps.set(key, step)
    }
    return step
  }

  openSteps(): Iterable<StepFacts> {
    return this.#allOpen().values()
  }

  lastStepId(): string | null {
    const last = this.#lastStep
    return last?.number === this.run.last_step_number ? last.id : this.#source.lastStepId(this.run.id)
  }

  runningSession(stepId: string): SessionFacts | null {
    let newest: SessionFacts | null = null
    for (const session of this.#allSessions().values())
      if (session.workflow_step_id === stepId) newest = session
    return newest
  }

  runningSessions(): Iterable<SessionFacts> {
    return this.#allSessions().values()
  }

  approval(key: string): ApprovalFacts | null {
    let approval = this.#approvals.get(key)
    if (approval === undefined) {
      approval = this.#source.approval(this.run.id, key)
      this.#approvals.set(key, approval)
    }
    return approval
  }

  openApprovals(): Iterable<ApprovalFacts> {
    return this.#allApprovals().values()
  }

  hasUsage(callId: string): boolean {
    return this.#calls.has(callId) || this.#source.hasUsage(this.run.id, callId)
  }

  /** Takes over what a change says. */
  learn(change: InsertChange | UpdateChange): void {
    switch (change.table) {
      case 'workflow_steps':
        if ('insert' in change) this.#learnStep(change.insert)
        else this.#changeStep(change.id, change.set)
        break
      case 'agent_sessions':
        if ('insert' in change) this.#allSessions().set(change.insert.id, change.insert)
        else if (change.set.status !== undefined && change.set.status !== 'running')
          this.#allSessions().delete(change.id)
        break
      case 'approvals':
        this.#learnApproval(change)
        break
      case 'llm_usage':
        if ('insert' in change && change.insert.call_id !== null) this.#calls.add(change.insert.call_id)
        break
      default:
    }
  }

  /** Keeps what is open; the rest is read again when it is asked for. */
  forgetFinished(): void {
    for (const [key, step] of this.#steps)
      if (step === null || this.#openSteps?.has(step.id) !== true) this.#steps.delete(key)
    for (const [key, one] of this.#approvals)
      if (one === null || this.#openApprovals?.has(one.id) !== true) this.#approvals.delete(key)
    this.#calls.clear()
    this.#lastStep = null
  }

  #allOpen(): Map<string, StepFacts> {
    if (this.#openSteps === null) {
      const open = this.#source.openSteps(this.run.id).map((step) => this.#steps.get(step.step_key) ?? step)
      this.#openSteps = new Map(open.filter((step) => OPEN.has(step.status)).map((step) => [step.id, step]))
      for (const step of this.#steps.values())
        if (step !== null && OPEN.has(step.status)) this.#openSteps.set(step.id, step)
      for (const step of this.#openSteps.values()) this.#steps.set(step.step_key, step)
    }
    return this.#openSteps
  }

  #allSessions(): Map<string, SessionFacts> {
    this.#sessions ??= new Map(
      this.#source.runningSessions(this.run.id).map((session) => [session.id, session]),
    )
    return this.#sessions
  }

  #allApprovals(): Map<string, ApprovalFacts> {
    if (this.#openApprovals === null) {
      const open = this.#source
        .openApprovals(this.run.id)
        .map((one) => this.#approvals.get(one.approval_key) ?? one)
      this.#openApprovals = new Map(open.filter((one) => one.status === 'open').map((one) => [one.id, one]))
      for (const one of this.#approvals.values())
        if (one?.status === 'open') this.#openApprovals.set(one.id, one)
      for (const one of this.#openApprovals.values()) this.#approvals.set(one.approval_key, one)
    }
    return this.#openApprovals
  }

  #learnStep(step: StepColumns): void {
    this.#steps.set(step.step_key, step)
    this.#allOpen().set(step.id, step)
    if (this.#lastStep === null || step.step_number > this.#lastStep.number) {
      this.#lastStep = { id: step.id, number: step.step_number }
    }
  }

  #changeStep(id: string, set: Partial<StepColumns>): void {
    const open = this.#allOpen()
    const step = open.get(id) ?? [...this.#steps.values()].find((one) => one?.id === id)
    if (step === undefined || step === null) return
    Object.assign(step, set)
    if (OPEN.has(step.status)) open.set(id, step)
    else open.delete(id)
  }

  #learnApproval(change: Extract<InsertChange | UpdateChange, { table: 'approvals' }>): void {
    const open = this.#allApprovals()
    const approval: ApprovalFacts | undefined =
      'insert' in change
        ? change.insert
        : (open.get(change.id) ??
          [...this.#approvals.values()].find((one) => one?.id === change.id) ??
          undefined)
    if (approval === undefined) return
    if ('insert' in change) this.#approvals.set(change.insert.approval_key, change.insert)
    else Object.assign(approval, change.set)
    if (approval.status === 'open') open.set(approval.id, approval)
    else open.delete(approval.id)
  }
}
