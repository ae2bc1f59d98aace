import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { WorkflowContext } from '../context/WorkflowContext.ts'
import { WorkflowError } from '../errors/WorkflowError.ts'
import { toMilliseconds } from '../values/duration.ts'
import { checkBudget } from './checkBudget.ts'
import { checkQueueOptions } from './checkQueueOptions.ts'
import type { QueueOptions } from './QueueOptions.ts'
import { checkRetry } from './checkRetry.ts'
import type { AnyWorkflow, WorkflowConfig, WorkflowDefinition } from './WorkflowDefinition.ts'

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$/
const DEFAULT_TIMEOUT_MS = 3_600_000
const OPTIONS = [
  'name',
  'description',
  'input',
  'timeoutMs',
  'deadlineMs',
  'onFailure',
  'onParentClose',
  'retry',
  'budget',
  'workspace',
  'concurrency',
  'priority',
  'rateLimit',
  'singleton',
  'debounce',
] as const satisfies readonly (keyof WorkflowConfig)[]

/**
 * Defines a workflow. `execute` may run many times for one run: what it does outside of `ctx` calls
 * must not depend on time, chance or the outside world.
 * @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID` or `DURATION_INVALID`, naming the option.
 */
export function createWorkflow<S extends StandardSchemaV1 = StandardSchemaV1<unknown>, Output = unknown>(
  config: WorkflowConfig<S>,
  execute: (ctx: WorkflowContext<StandardSchemaV1.InferOutput<S>>) => Promise<Output>,
): WorkflowDefinition<StandardSchemaV1.InferOutput<S>, Output> {
  checkShape(config as unknown as WorkflowConfig, execute)
  return Object.freeze({
    kind: 'holdfast.workflow' as const,
    name: config.name,
    description: config.description ?? '',
    input: config.input ?? null,
    timeoutMs: toMilliseconds(
      config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      `timeoutMs of workflow "${config.name}"`,
    ),
    deadlineMs:
      config.deadlineMs === undefined
        ? null
        : toMilliseconds(config.deadlineMs, `deadlineMs of workflow "${config.name}"`),
    onFailure: config.onFailure ?? null,
    onParentClose: config.onParentClose ?? 'cancel',
    retry: config.retry ?? null,
    budget: checkBudget(config.budget, `budget of workflow "${config.name}"`),
    workspace: config.workspace ?? 'project',
    queue: checkQueueOptions(config as QueueOptions, config.name),
    execute,
  })
}

/** Whether `value` was made by `createWorkflow`, also by another copy of this package. */
export function isWorkflow(value: unknown): value is AnyWorkflow {
  return (
    typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'holdfast.workflow'
  )
}

function checkShape(config: WorkflowConfig, execute: unknown): void {
  if (typeof config !== 'object' || config === null)
    throw invalid('createWorkflow takes a configuration object first.', 'config')
  const { name } = config
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid(
      `The workflow's name is ${JSON.stringify(name)}. Use lower-case letters, digits and dashes, e.g. "simple-sdlc".`,
      'name',
    )
  }
  for (const option of Object.keys(config)) {
    if (!(OPTIONS as readonly string[]).includes(option)) {
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `Workflow "${name}" sets "${option}", which this version does not know. Known options: ${OPTIONS.join(', ')}.`,
        { details: { workflow: name, option } },
      )
    }
  }
  if (typeof execute !== 'function')
    throw invalid(
      `Workflow "${name}" has no function. Give one as second argument: createWorkflow({ … }, async (ctx) => { … }).`,
      'execute',
    )
  if (config.input !== undefined && !isStandardSchema(config.input)) {
    throw invalid(
      `The input of workflow "${name}" is no Standard Schema. Use a schema of zod, valibot, arktype or any other library that follows standardschema.dev.`,
      'input',
    )
  }
  oneOf(name, 'onFailure', config.onFailure, ['fail', 'ask'])
  oneOf(name, 'onParentClose', config.onParentClose, ['cancel', 'detach'])
  oneOf(name, 'workspace', config.workspace, ['project', 'worktree', 'temporary'])
  checkRetry(config.retry, `retry of workflow "${name}"`)
}

/** A schema is an object or, with some libraries, a function. */
function isStandardSchema(value: unknown): boolean {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && '~standard' in value
}

function oneOf(workflow: string, option: string, value: unknown, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value as string)) {
    throw invalid(
      `${option} of workflow "${workflow}" is ${JSON.stringify(value)}. Use one of: ${allowed.join(', ')}.`,
      option,
    )
  }
}

function invalid(message: string, option: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', message, { details: { option } })
}
