import {
  checkRetry,
  toMilliseconds,
  WorkflowError,
  type StepOptions,
  type TreeOptions,
} from '@holdfast/workflow-sdk'
import type { Amounts, Json, StepKind } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import { callHash } from '../identity/keys.ts'
import { resolveRetry } from '../steps/retry.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { toPlain } from '../values/plain.ts'

/** What a kind of step is by itself, before the author's options. */
export interface StepKindDefaults {
  readonly kind: StepKind
  readonly name: string
  readonly writes: 'workspace' | 'none'
  /** One attempt unless the author asks for more (mapping 8). */
  readonly once: boolean
  readonly durableStart: boolean
  /** Null: the step keeps no tree. */
  readonly tree: 'restore' | 'keep' | null
  /** Options beyond those of every step. */
  readonly options: readonly string[]
  /** What the step itself may spend; absent: it has no budget of its own. */
  readonly budget?: Amounts | null
  /** Input that the kind declares by itself, e.g. a command. */
  readonly input?: Json
}

const COMMON = [
  'name',
  'retry',
  'timeoutMs',
  'input',
  'key',
  'writes',
  'onInterrupted',
  'onFailure',
  'keep',
] as const satisfies readonly (keyof StepOptions)[]

/**
 * The specification of a step from its kind and the author's options.
 * @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`, `DURATION_INVALID`, `STEP_OUTPUT_NOT_SERIALIZABLE` for the input.
 */
export function stepSpec(
  x: Execution,
  defaults: StepKindDefaults,
  options: StepOptions & TreeOptions,
  effect: StepSpec['effect'],
): StepSpec {
  const what = `step "${defaults.name}"`
  for (const option of Object.keys(options)) {
    if ((COMMON as readonly string[]).includes(option)) continue
    const own = [...(defaults.tree === null ? [] : ['onRetryTree']), ...defaults.options]
    if (!own.includes(option))
      throw new WorkflowError(
        'OPTION_UNKNOWN',
        `${what} sets "${option}". Known options: ${[...COMMON, ...own].join(', ')}.`,
        { details: { option } },
      )
  }
  checkRetry(options.retry, `retry of ${what}`)
  oneOf(what, 'writes', options.writes, ['workspace', 'none'])
  oneOf(what, 'onInterrupted', options.onInterrupted, ['retry', 'fail', 'ask'])
  oneOf(what, 'onFailure', options.onFailure, ['fail', 'ask'])
  oneOf(what, 'onRetryTree', options.onRetryTree, ['restore', 'keep'])
  oneOf(what, 'keep', options.keep, ['step'])
  const declared =
    options.input === undefined
      ? defaults.input
      : (toPlain(options.input, `The input of ${what} holds a value`).value as Json)
  const tree =
    defaults.tree === null || options.writes === 'none'
      ? null
      : { onRetry: options.onRetryTree ?? defaults.tree }
  return {
    kind: defaults.kind,
    name: defaults.name,
    hash: callHash(defaults.kind, declared),
    input: declared,
    writes: options.writes ?? defaults.writes,
    onInterrupted: options.onInterrupted ?? 'retry',
    retry: resolveRetry(options.retry, x.facts.definition.retry, defaults.once),
    timeoutMs:
      options.timeoutMs === undefined ? null : toMilliseconds(options.timeoutMs, `timeoutMs of ${what}`),
    onFailure: options.onFailure ?? x.facts.definition.onFailure ?? x.index.created?.onFailure ?? 'fail',
    budget: defaults.budget ?? null,
    durableStart: defaults.durableStart || options.onInterrupted !== undefined,
    tree,
    effect,
  }
}

function oneOf(what: string, option: string, value: unknown, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value as string)) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `${option} of ${what} is ${JSON.stringify(value)}. Use one of: ${allowed.join(', ')}.`,
      { details: { option } },
    )
  }
}
