import type { PendingRun } from '../projection/RunFold.ts'
import type { ApprovalFacts, FactSource, SessionFacts, StepFacts } from '../projection/Known.ts'
import type { ChildTable, ChildTables, RunColumns, StepColumns } from '../projection/rows.ts'

/** Tables that a run's journal fills; workspaces outlive their runs and are records of the store. */
export type RunTable = Exclude<ChildTable, 'workspaces'>

type RunTables = { readonly [T in RunTable]: Map<string, ChildTables[T]> }

/** Where an event from outside lies. */
export interface Place {
  readonly sequence: number
  readonly timestamp: string
}

/** One run as its files say it: its row, every row below it, and where its events lie. */
export class RunState implements FactSource {
  run: RunColumns
  readonly tables: RunTables = {
    workflow_steps: new Map(),
    execution_logs: new Map(),
    workflow_comments: new Map(),
    workflow_artifacts: new Map(),
    agent_sessions: new Map(),
    llm_usage: new Map(),
    messages: new Map(),
    approvals: new Map(),
    checkpoints: new Map(),
    budget_grants: new Map(),
    provider_limits: new Map(),
  }
  /** Number of the last change of this run. */
  revision = 0
  /** Length of the journal, without what a crash may have left behind it. */
  bytes = 0
  /** Where each event begins in the journal: that with sequence `n` at `n - 1`. */
  readonly offsets: number[] = []
  readonly externals = new Map<string, Place>()
  /** Columns that were changed beside events and stand in `run.json` only; the next append writes them down. */
  readonly beside = new Set<keyof RunColumns>()
  /** When a worker last began or went on, ISO. */
  claimedAt: string | null = null
  readonly #stepByKey = new Map<string, string>()
  readonly #openSteps = new Set<string>()
  readonly #approvalByKey = new Map<string, string>()
  readonly #calls = new Set<string>()
  #lastStep: StepColumns | null = null

  constructor(run: RunColumns) {
    this.run = run
  }

  /** Takes over what a commit changed; rows of workspaces are left to the caller. */
  apply({ run, events, rows }: PendingRun): void {
    this.run = run
    for (const { sequence, type, timestamp, externalId } of events) {
      if (externalId !== null) this.externals.set(externalId, { sequence, timestamp })
      if (type === 'run.started' || type === 'run.resumed') this.claimedAt = timestamp
    }
    for (const row of rows) {
      if (row.table === 'workspaces') continue
      const table = this.tables[row.table] as Map<string, object>
      const id = 'insert' in row ? row.insert.id : row.id
      const before = table.get(id)
      const after = 'insert' in row ? { ...row.insert } : before && { ...before, ...row.set }
      if (after === undefined) continue
      table.set(id, after)
      this.#index(row.table, after)
    }
  }

  step(_runId: string, key: string): StepFacts | null {
    const id = this.#stepByKey.get(key)
    return id === undefined ? null : copy(this.tables.workflow_steps.get(id))
  }

  openSteps(): StepFacts[] {
    const open = [...this.#openSteps].flatMap((id) => copy(this.tables.workflow_steps.get(id)) ?? [])
    return open.toSorted((a, b) => a.step_number - b.step_number)
  }

  lastStepId(): string | null {
    return this.#lastStep?.id ?? null
  }

  runningSession(stepId: string): SessionFacts | null {
    return this.runningSessions().findLast((session) => session.workflow_step_id === stepId) ?? null
  }

  runningSessions(): SessionFacts[] {
    const running = [...this.tables.agent_sessions.values()].filter(({ status }) => status === 'running')
    return running.toSorted((a, b) => a.attempt_number - b.attempt_number)
  }

  approval(_runId: string, key: string): ApprovalFacts | null {
    const id = this.#approvalByKey.get(key)
    return id === undefined ? null : copy(this.tables.approvals.get(id))
  }

  openApprovals(): ApprovalFacts[] {
    return [...this.tables.approvals.values()]
      .filter(({ status }) => status === 'open')
      .map((one) => ({ ...one }))
  }

  hasUsage(_runId: string, callId: string): boolean {
    return this.#calls.has(callId)
  }

  #index(table: RunTable, row: object): void {
    if (table === 'workflow_steps') {
      const step = row as StepColumns
      this.#stepByKey.set(step.step_key, step.id)
      if (OPEN.has(step.status)) this.#openSteps.add(step.id)
      else this.#openSteps.delete(step.id)
      if (this.#lastStep === null || step.step_number >= this.#lastStep.step_number) this.#lastStep = step
    } else if (table === 'approvals') {
      const { approval_key, id } = row as ChildTables['approvals']
      this.#approvalByKey.set(approval_key, id)
    } else if (table === 'llm_usage') {
      const { call_id } = row as ChildTables['llm_usage']
      if (call_id !== null) this.#calls.add(call_id)
    }
  }
}

const OPEN = new Set<StepColumns['status']>(['pending', 'running', 'retrying'])

/** The projection changes what it is given before anything is committed. */
function copy<T extends object>(row: T | undefined): T | null {
  return row === undefined ? null : { ...row }
}
