import { WorkflowError } from '../errors/WorkflowError.ts'
import { toMilliseconds } from '../values/duration.ts'
import type { QueueOptions, QueueRules } from './QueueOptions.ts'

/** Least and greatest priority of a run. */
const PRIORITIES = { least: -100, greatest: 100 } as const

/** Fields of each option; `true`: it has to be there. */
const FIELDS = {
  concurrency: { limit: true, key: false },
  rateLimit: { limit: true, perMs: true, key: false },
  singleton: { key: false, onConflict: false },
  debounce: { waitMs: true, maxWaitMs: false, key: false },
} as const

/**
 * Checks the options about when runs begin and go, and fills in their defaults.
 * @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID` or `DURATION_INVALID`, naming the option.
 */
export function checkQueueOptions(options: QueueOptions, workflow: string): QueueRules {
  const { concurrency, priority = 0, rateLimit, singleton, debounce } = options
  for (const option of Object.keys(FIELDS) as (keyof typeof FIELDS)[])
    checkFields(option, options[option], workflow)
  checkPriority(priority, `workflow "${workflow}"`)
  checkLimit('concurrency', concurrency?.limit, workflow)
  checkLimit('rateLimit', rateLimit?.limit, workflow)
  const onConflict = singleton?.onConflict ?? 'use-existing'
  if (onConflict !== 'use-existing' && onConflict !== 'fail')
    throw invalid('onConflict', `${JSON.stringify(onConflict)}. Use one of: use-existing, fail`, workflow)
  const time = (value: number | string, name: string): number =>
    toMilliseconds(value, `${name} of workflow "${workflow}"`)
  return {
    priority,
    concurrency: concurrency ?? null,
    rateLimit:
      rateLimit === undefined
        ? null
        : { ...keyOf(rateLimit), limit: rateLimit.limit, perMs: time(rateLimit.perMs, 'rateLimit.perMs') },
    singleton: singleton === undefined ? null : { ...keyOf(singleton), onConflict },
    debounce:
      debounce === undefined
        ? null
        : {
            ...keyOf(debounce),
            waitMs: time(debounce.waitMs, 'debounce.waitMs'),
            maxWaitMs:
              debounce.maxWaitMs === undefined ? null : time(debounce.maxWaitMs, 'debounce.maxWaitMs'),
          },
  }
}

/** @throws WorkflowError `OPTION_INVALID`. */
export function checkPriority(priority: unknown, what: string): void {
  const { least, greatest } = PRIORITIES
  if (Number.isInteger(priority) && Number(priority) >= least && Number(priority) <= greatest) return
  throw new WorkflowError(
    'OPTION_INVALID',
    `priority of ${what} is ${JSON.stringify(priority)}. Use a whole number from ${least} to ${greatest}; higher goes first.`,
    { details: { option: 'priority' } },
  )
}

function keyOf<K>({ key }: { readonly key?: K }): { readonly key?: K } {
  return key === undefined ? {} : { key }
}

function checkFields(option: keyof typeof FIELDS, value: unknown, workflow: string): void {
  if (value === undefined) return
  const fields: Readonly<Record<string, boolean>> = FIELDS[option]
  const known = Object.keys(fields).join(', ')
  if (typeof value !== 'object' || value === null)
    throw invalid(option, `${JSON.stringify(value)}. Give an object with: ${known}`, workflow)
  const unknown = Object.keys(value).find((field) => !(field in fields))
  if (unknown !== undefined)
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `${option} of workflow "${workflow}" sets "${unknown}". Known fields: ${known}.`,
      { details: { option: unknown } },
    )
  const missing = Object.keys(fields).find((field) => fields[field] === true && !(field in value))
  if (missing !== undefined) throw invalid(option, `without ${missing}. Give it: ${known}`, workflow)
  if ('key' in value && value.key !== undefined && typeof value.key !== 'function')
    throw invalid('key', `no function in ${option}. Use one such as (input) => input.customer`, workflow)
}

function checkLimit(option: string, limit: unknown, workflow: string): void {
  if (limit === undefined || (Number.isInteger(limit) && Number(limit) >= 1)) return
  throw invalid('limit', `${JSON.stringify(limit)} in ${option}. Use a whole number from 1`, workflow)
}

function invalid(option: string, is: string, workflow: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', `${option} of workflow "${workflow}" is ${is}.`, {
    details: { option },
  })
}
