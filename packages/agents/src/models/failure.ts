import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import { providerTrouble, type ProviderTrouble, type TroubleFacts } from '../programs/providerTrouble.ts'
import type { Provider } from './providers.ts'

/** As much of what a provider says goes into an error, in characters. */
const SHOWN = 1000

/**
 * The error for a call that did not come to its answer, with `kind` and `resetAt` in its details. Neither the request nor
 * its headers are part of it, and where a provider repeats the key that is taken out.
 * @param nowMs Milliseconds since 1970, for times that are said relative to now.
 */
export function modelError(provider: Provider, model: string, thrown: unknown, nowMs: number): WorkflowError {
  const { status, said, headers } = factsOf(thrown, provider.key)
  const stated = retryAt(headers, nowMs)
  const trouble = providerTrouble({ status, said, stated }, nowMs)
  const code = codeOf(status, trouble.kind)
  const error = new WorkflowError(
    code,
    `${provider.name}/${model} did not answer${statusText(status)}: ${said}${advice(code, provider)}`,
    {
      details: { provider: provider.name, model, status, ...trouble },
    },
  )
  return waits(error, trouble, nowMs)
}

/** The error for a stream that ended before the answer did. */
export function cutStream({ name }: Provider, model: string): WorkflowError {
  return new WorkflowError('MODEL_FAILED', `The answer of ${name}/${model} broke off before its end.`, {
    details: { provider: name, model, status: null, kind: 'unreachable', resetAt: null },
  })
}

function codeOf(status: number | null, kind: ProviderTrouble | null): ErrorCode {
  switch (kind) {
    case 'bad-key':
      return 'MODEL_KEY_INVALID'
    case 'model-unknown':
      return 'MODEL_UNKNOWN'
    case 'context-too-long':
      return 'MODEL_REFUSED'
    case 'quota':
    case 'rate-limited':
    case 'overloaded':
    case 'unreachable':
      return 'AGENT_PROVIDER_OVERLOADED'
    case null:
      return status !== null && status >= 400 && status < 500 ? 'MODEL_REFUSED' : 'MODEL_FAILED'
  }
}

function advice(code: ErrorCode, { keyVariables, name }: Provider): string {
  if (code !== 'MODEL_KEY_INVALID') return ''
  const where = keyVariables.length > 0 ? keyVariables.join(' or ') : `models.providers.${name}`
  return ` Correct ${where}.`
}

/** The next attempt of the step begins no sooner than the provider says. */
function waits(error: WorkflowError, { kind, resetAt }: TroubleFacts, nowMs: number): WorkflowError {
  if (kind !== 'rate-limited' || resetAt === null) return error
  return Object.assign(error, { afterMs: Math.max(0, Date.parse(resetAt) - nowMs) })
}

interface Facts {
  readonly status: number | null
  readonly said: string
  readonly headers: Readonly<Record<string, string>>
}

function factsOf(thrown: unknown, key: string | null): Facts {
  const error = innermost(thrown)
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly message?: unknown
    readonly statusCode?: unknown
    readonly responseHeaders?: Readonly<Record<string, string>>
    readonly responseBody?: unknown
    readonly cause?: unknown
  }
  const message = typeof fields.message === 'string' ? fields.message : textOf(error)
  const cause = fields.cause instanceof Error ? ` (${fields.cause.message})` : ''
  const body = typeof fields.responseBody === 'string' && message.length < 20 ? ` ${fields.responseBody}` : ''
  return {
    status: typeof fields.statusCode === 'number' ? fields.statusCode : statusIn(error),
    said: withoutKey(`${message}${cause}${body}`, key).slice(0, SHOWN),
    headers: fields.responseHeaders ?? {},
  }
}

/** The SDK wraps the last error of its attempts. */
function innermost(thrown: unknown): unknown {
  const last = (thrown as { readonly lastError?: unknown } | null)?.lastError
  return last ?? thrown
}

/** Errors inside of a stream are objects as the provider sends them, such as `{ type: 'overloaded_error' }`. */
function statusIn(error: unknown): number | null {
  const text = textOf(error)
  if (/overloaded/i.test(text)) return 529
  if (/rate.?limit/i.test(text)) return 429
  return null
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}

function withoutKey(text: string, key: string | null): string {
  return key === null || key === '' ? text : text.replaceAll(key, '[key]')
}

function statusText(status: number | null): string {
  return status === null ? '' : ` (${status})`
}

/** `retry-after` in seconds or as a date, `retry-after-ms`; milliseconds since 1970. */
function retryAt(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const ms = Number(headers['retry-after-ms'])
  if (headers['retry-after-ms'] !== undefined && Number.isFinite(ms)) return nowMs + ms
  const after = headers['retry-after']
  if (after === undefined) return null
  const seconds = Number(after)
  const at = Number.isFinite(seconds) ? nowMs + seconds * 1000 : Date.parse(after)
  return Number.isNaN(at) ? null : at
}
