import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Budget, RetryPolicy } from '../context/options.ts'
import type { Amounts } from '../journal/budgets.ts'
import type { WorkflowContext } from '../context/WorkflowContext.ts'
import type { QueueOptions, QueueRules } from './QueueOptions.ts'
import type { Duration } from '../values/duration.ts'

/** What `createWorkflow` takes beside the function. */
export interface WorkflowConfig<S extends StandardSchemaV1 = StandardSchemaV1> extends QueueOptions<
  StandardSchemaV1.InferOutput<S>
> {
  /** Lower-case letters, digits and dashes; at most 100. */
  readonly name: string
  readonly description?: string
  /** Any Standard Schema; gives `ctx.input` its type and checks what a run is started with. */
  readonly input?: S
  /** Running time, without waits (S2); default one hour. */
  readonly timeoutMs?: Duration
  /** Wall time from the start, waits included; none by default. */
  readonly deadlineMs?: Duration
  /** Default of the workflow's steps. */
  readonly onFailure?: 'fail' | 'ask'
  /** What happens to this run, as a child, when its parent ends first. */
  readonly onParentClose?: 'cancel' | 'detach'
  /** Default retry of the workflow's steps; never a retry of the run. */
  readonly retry?: RetryPolicy
  /** What a run may spend, together with the runs that it goes on as. Children have budgets of their own. */
  readonly budget?: Budget
  /** Where the run works; default `project`. */
  readonly workspace?: 'project' | 'worktree' | 'temporary'
}

/** A checked workflow, as `createWorkflow` makes it. */
export interface WorkflowDefinition<Input = unknown, Output = unknown> {
  /** Marks definitions across copies of this package. */
  readonly kind: 'holdfast.workflow'
  readonly name: string
  readonly description: string
  readonly input: StandardSchemaV1<unknown, Input> | null
  readonly timeoutMs: number
  readonly deadlineMs: number | null
  /** Null: as the caller's surroundings say (S6). */
  readonly onFailure: 'fail' | 'ask' | null
  readonly onParentClose: 'cancel' | 'detach'
  readonly retry: RetryPolicy | null
  readonly budget: Amounts | null
  readonly workspace: 'project' | 'worktree' | 'temporary'
  /** When its runs begin and go. */
  readonly queue: QueueRules<Input>
  readonly execute: (ctx: WorkflowContext<Input>) => Promise<Output>
}

/** A definition whose input and output types do not matter. */
// oxlint-disable-next-line typescript/no-explicit-any -- a definition is contravariant in its input
export type AnyWorkflow = WorkflowDefinition<any, any>
