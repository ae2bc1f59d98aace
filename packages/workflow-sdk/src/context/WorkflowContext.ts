import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { AnyWorkflow, WorkflowDefinition } from '../define/WorkflowDefinition.ts'
import type { Duration } from '../values/duration.ts'
import type { AgentReference, AgentResult, RunCliOptions } from './agents.ts'
import type { CallOptions, RetryPolicy, StepOptions } from './options.ts'
import type {
  Approval,
  ApproveOptions,
  Artifact,
  ArtifactOptions,
  AskOptions,
  Comment,
  ReceivedEvent,
  WaitForEventOptions,
} from './people.ts'
import type { PlainPrompt, PromptOptions, PromptResult } from './prompts.ts'
import type { FilesContext, GitContext, ShellOptions, ShellResult } from './workspace.ts'

/** Writes log lines of the run; not journaled. In replay, lines before the journal's end are not written again. */
export interface Logger {
  trace(message: string, data?: Readonly<Record<string, unknown>>): void
  debug(message: string, data?: Readonly<Record<string, unknown>>): void
  info(message: string, data?: Readonly<Record<string, unknown>>): void
  warn(message: string, data?: Readonly<Record<string, unknown>>): void
  error(message: string, data?: Readonly<Record<string, unknown>>): void
  fatal(message: string, data?: Readonly<Record<string, unknown>>): void
}

/** What a step's function is handed. */
export interface StepArguments<Input = unknown> {
  /** Context whose calls belong to this step's attempt (R4). */
  readonly ctx: WorkflowContext<Input>
  /** Aborts when the step is cancelled, times out, or its worker loses the run. */
  readonly signal: AbortSignal
  /** 1 for the first attempt. */
  readonly attempt: number
}

/** Options of `ctx.child`. */
export interface ChildOptions extends CallOptions {
  readonly key?: string
  /** What happens to the child when this run ends first; default `cancel`. */
  readonly onParentClose?: 'cancel' | 'detach'
}

/** A child run that was started without waiting. */
export interface ChildHandle {
  readonly runId: string
}

/** Functions by name, for `ctx.race` and `ctx.all`. */
export type Branches<Input> = Readonly<Record<string, (ctx: WorkflowContext<Input>) => Promise<unknown>>>

/** Results by name of {@link Branches}. */
export type BranchResults<B> = {
  readonly [K in keyof B]: B[K] extends (...args: never[]) => Promise<infer R> ? R : never
}

/** The first branch that settled, with its result. */
export type RaceResult<B> = {
  readonly [K in keyof B]: { readonly winner: K; readonly value: BranchResults<B>[K] }
}[keyof B]

/** Everything a workflow can do. Handed to `execute`, to steps and to scopes, each with its own. */
export interface WorkflowContext<Input = unknown> {
  readonly input: Input
  readonly runId: string
  readonly project: { readonly id: string; readonly name: string; readonly path: string }
  /** Absolute path of the folder in which git, files, shell and agents work. */
  readonly workspacePath: string
  /** Aborts when the run is cancelled, times out, parks (reason `parked`) or is lost to another worker. */
  readonly signal: AbortSignal
  readonly log: Logger

  /** A step: runs `fn` at least once, and once finished never again. */
  run<T>(name: string, fn: (step: StepArguments<Input>) => T | Promise<T>, options?: StepOptions): Promise<T>
  /** A step done by a coding agent in the workspace. */
  runCli<S extends StandardSchemaV1 = StandardSchemaV1<undefined>>(
    name: string,
    agent: AgentReference,
    prompt: string,
    options?: RunCliOptions<S>,
  ): Promise<AgentResult<StandardSchemaV1.InferOutput<S>>>
  /**
   * A step done by a model without a coding agent around it. The prompt is one of the project by name, `name@label` or
   * `name@3`, or stands in the workflow itself.
   */
  prompt<S extends StandardSchemaV1 = StandardSchemaV1<unknown>>(
    name: string,
    prompt: string | PlainPrompt,
    options?: PromptOptions<S>,
  ): Promise<PromptResult<StandardSchemaV1.InferOutput<S>>>
  /** A command: a text for the shell, or a program with its arguments. */
  shell(command: string | readonly [string, ...string[]], options?: ShellOptions): Promise<ShellResult>
  readonly git: GitContext
  readonly files: FilesContext

  /** A remark on the current step, or on the run outside of steps. */
  comment(
    message: string,
    metadata?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Comment>
  /** A remark on the run. */
  commentExecution(
    message: string,
    metadata?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Comment>
  artifact(name: string, options: ArtifactOptions): Promise<Artifact>

  /** State of the run: plain JSON by name. Synchronous; sees what the code before it has set (R5). */
  set(name: string, value: unknown): void
  get<T = unknown>(name: string): T | undefined
  has(name: string): boolean
  delete(name: string): void

  sleep(duration: Duration, options?: CallOptions): Promise<void>
  sleepUntil(date: Date | number | string, options?: CallOptions): Promise<void>
  /** Waits for an event sent to this run; null when the time-out came first. Events that came earlier count (S7). */
  waitForEvent<T = unknown>(
    name: string,
    options?: WaitForEventOptions & { readonly key?: string },
  ): Promise<ReceivedEvent<T> | null>
  approve(options: ApproveOptions): Promise<Approval>
  ask<S extends StandardSchemaV1 = StandardSchemaV1<string>>(
    options: AskOptions<S>,
  ): Promise<StandardSchemaV1.InferOutput<S>>

  /** Runs another workflow as a child and gives its output. */
  child<I, O>(
    workflow: WorkflowDefinition<I, O>,
    input: I,
    options?: ChildOptions & { readonly wait?: true },
  ): Promise<O>
  child<O = unknown>(
    workflow: string,
    input: unknown,
    options?: ChildOptions & { readonly wait?: true },
  ): Promise<O>
  child(
    workflow: AnyWorkflow | string,
    input: unknown,
    options: ChildOptions & { readonly wait: false },
  ): Promise<ChildHandle>

  /** Runs `fn` for each item, at most `concurrency` at a time, each in a scope of its own. */
  map<T, R>(
    items: readonly T[],
    fn: (item: T, branch: { readonly ctx: WorkflowContext<Input>; readonly index: number }) => Promise<R>,
    options?: CallOptions & {
      readonly concurrency?: number
      readonly key?: (item: T, index: number) => string
    },
  ): Promise<R[]>
  /** A named scope; with `retry`, waits and steps in it are tried again together. */
  scope<T>(
    name: string,
    fn: (ctx: WorkflowContext<Input>) => Promise<T>,
    options?: { readonly retry?: RetryPolicy },
  ): Promise<T>
  /** The first branch to settle; the others are ended (S5). */
  race<B extends Branches<Input>>(branches: B, options?: CallOptions): Promise<RaceResult<B>>
  /** All branches; the first that fails ends the others. */
  all<B extends Branches<Input>>(branches: B, options?: CallOptions): Promise<BranchResults<B>>

  /** Ends this run and starts its successor with state, workspace and tags as they are. Never settles. */
  continueAs(input: Input): Promise<never>
  /** Called when the run parks: free timers and sockets here (S4). */
  onPark(fn: () => void): void
  /** A mark by which runs can be filtered. */
  tag(name: string, value: string): void

  /** Time of the last delivered result: the same in every replay. */
  now(): Date
  /** A UUID made from the run and the place of the call. */
  uuid(): string
  /** A number in [0, 1) made from the run and the place of the call. */
  random(): number
  /** Whether this run passes the changed code: true for runs that reach it live, false for journals from before. */
  patched(id: string): boolean
}
