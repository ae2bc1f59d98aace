import { createHash } from 'node:crypto'
import { checkPriority, WorkflowError, type AnyWorkflow } from '@holdfast/workflow-sdk'
import type { EventPayloads } from '@holdfast/workflow-sdk/journal'

type Created = EventPayloads['run.created']
/** What a new run is told about when it begins and goes. */
export type QueuePayload = Pick<Created, 'priority' | 'concurrency' | 'rateLimit' | 'singleton' | 'debounce'>

const LONGEST_KEY = 500

/**
 * The limits and keys of a new run: the workflow's rules, with their keys worked out from the checked input.
 * @throws WorkflowError `OPTION_INVALID` when a key function throws or gives no text.
 */
export function queuePayload(
  { name, queue }: AnyWorkflow,
  input: unknown,
  start: { readonly priority?: number } = {},
): QueuePayload {
  const { concurrency, rateLimit, singleton, debounce } = queue
  if (start.priority !== undefined) checkPriority(start.priority, `the start of workflow "${name}"`)
  const priority = start.priority ?? queue.priority
  const keyOf = (option: string, key: ((input: unknown) => string) | undefined): string =>
    key === undefined ? '' : callKey(`key in ${option} of workflow "${name}"`, () => key(input))
  return {
    ...(priority === 0 ? {} : { priority }),
    ...(concurrency === null
      ? {}
      : { concurrency: { key: keyOf('concurrency', concurrency.key), limit: concurrency.limit } }),
    ...(rateLimit === null
      ? {}
      : {
          rateLimit: {
            key: keyOf('rateLimit', rateLimit.key),
            limit: rateLimit.limit,
            perMs: rateLimit.perMs,
          },
        }),
    ...(singleton === null
      ? {}
      : { singleton: { key: keyOf('singleton', singleton.key), onConflict: singleton.onConflict } }),
    ...(debounce === null
      ? {}
      : {
          debounce: {
            key: keyOf('debounce', debounce.key),
            waitMs: debounce.waitMs,
            maxWaitMs: debounce.maxWaitMs,
          },
        }),
  }
}

/**
 * An idempotency key with the hash of the input as it was given: what a schema makes of it may differ each time.
 * @throws WorkflowError `OPTION_INVALID`.
 */
export function idempotency(key: string, input: unknown): NonNullable<Created['idempotency']> {
  checkKey(key, 'idempotencyKey of a start')
  if (key === '') throw invalid('idempotencyKey of a start is empty. Give a text that says what the work is.')
  return { key, inputHash: createHash('sha256').update(canonical(input)).digest('hex') }
}

function callKey(what: string, call: () => unknown): string {
  let key: unknown
  try {
    key = call()
  } catch (error) {
    throw invalid(`${what} throws for this input: ${String(error)}`, error)
  }
  checkKey(key, what)
  return key as string
}

function checkKey(key: unknown, what: string): void {
  if (typeof key !== 'string')
    throw invalid(`${what} is ${JSON.stringify(key) ?? String(key)}. A key is a text.`)
  if (key.length > LONGEST_KEY)
    throw invalid(`${what} has ${key.length} characters. A key has at most ${LONGEST_KEY}.`)
}

/** JSON with names in order, so that equal inputs give equal texts. */
function canonical(value: unknown): string {
  const sorted = (_name: string, member: unknown): unknown =>
    typeof member !== 'object' || member === null || Array.isArray(member)
      ? member
      : Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify(value, sorted) ?? ''
}

function invalid(message: string, cause?: unknown): WorkflowError {
  return new WorkflowError('OPTION_INVALID', message, {
    details: { option: 'key' },
    ...(cause === undefined ? {} : { cause }),
  })
}
