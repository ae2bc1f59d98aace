import type { JournalEvent } from '@holdfast/workflow-sdk'
import type {
  PromptLabelRow,
  PromptRow,
  ScheduleRow,
  TriggerRow,
  WorkflowDefinitionRow,
  WorkflowNodeRow,
  WorkflowVersionRow,
} from './definitionRows.ts'
import type { ProjectRow, SessionRow, WorkflowLogRow, WorkflowRunRow, WorkspaceRow } from './rows.ts'

/** Tables whose rows are moved as they are: no event made them. */
export interface TransferredRows {
  readonly projects: ProjectRow
  readonly workflow_definitions: WorkflowDefinitionRow
  readonly workflow_versions: WorkflowVersionRow
  readonly prompt_definitions: PromptRow
  readonly prompt_labels: Omit<PromptLabelRow, 'version'>
  readonly workflow_nodes: WorkflowNodeRow
  readonly triggers: TriggerRow
  readonly schedules: ScheduleRow
  readonly sessions: SessionRow
  readonly workspaces: WorkspaceRow
  readonly workflow_logs: WorkflowLogRow
}

/** Row of one of them, with the table's name. */
export type TransferredRow = {
  [T in keyof TransferredRows]: { readonly table: T; readonly row: TransferredRows[T] }
}[keyof TransferredRows]

/** Ends the events of a run: what the journal does not say of it, and what it must have come to. */
export interface TransferredRun {
  readonly id: string
  /** When it may be claimed; null: not by itself. A run that a dead worker owned is due since its last event. */
  readonly dueAt: string | null
  /** `takeover` also for a run that a dead worker owned. */
  readonly leftBecause: 'takeover' | 'handover' | null
  readonly activeMs: number
  /** Its place in the line of claims. */
  readonly queueRank: number
  /** The limit or time that keeps it from being claimed, and since when. */
  readonly heldBy: 'concurrency' | 'quota' | 'timer' | null
  readonly heldAt: string | null
  /** Where its workspace lies; null: claimed anywhere. */
  readonly hostId: string | null
  readonly lastSequence: number
  readonly status: WorkflowRunRow['status']
  /** Number of its steps. */
  readonly steps: number
}

/** A piece of a store. */
export type TransferRecord =
  | TransferredRow
  | { readonly table: 'blobs'; readonly hash: string; readonly bytes: Uint8Array }
  /** Some events of a run, in order; the first of a run begins with `run.created`. */
  | { readonly table: 'workflow_events'; readonly runId: string; readonly events: readonly JournalEvent[] }
  | { readonly table: 'workflow_runs'; readonly run: TransferredRun }

/** What a store holds, in numbers: per table how many records, and a hash of them all in any order. */
export type TransferSummary = Readonly<
  Partial<Record<TransferRecord['table'], { readonly count: number; readonly hash: string }>>
>

/** Moving everything from one store to another, whatever the backends. */
export interface TransferStore {
  /**
   * Everything but workers, as it is at one moment, each record after those that it refers to: projects,
   * definitions, versions, prompts, labels, nodes, triggers, schedules, sessions, blobs; then, run by run, its
   * events and its `workflow_runs` record; then workspaces, which replace what the events said, and log lines.
   */
  exportRecords(): AsyncIterable<TransferRecord>
  /**
   * Takes over all records into this store, or none, also when the process dies: rows of runs are rebuilt from
   * their events, with the same ids. Before it is kept, everything is read back and compared with what came.
   * @throws WorkflowError `STORE_NOT_EMPTY`, `STORE_COPY_DIFFERS`, `STORE_…`, and what reading the records throws.
   */
  importRecords(records: AsyncIterable<TransferRecord>): Promise<TransferSummary>
}
