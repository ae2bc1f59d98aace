import { hash } from 'node:crypto'
import type { AgentEnd } from '@holdfast/store/contract'
import type { ErrorRecord } from '@holdfast/workflow-sdk'

/** When repeated failures of an agent are put before a person. */
export interface BreakerSettings {
  /** The same failure so often in a row opens it. */
  readonly failures: number
  /** Failures that lie further back do not count. */
  readonly windowMs: number
}

/** What opens the breaker when nothing else is said. */
export const DEFAULT_BREAKER: BreakerSettings = { failures: 3, windowMs: 6 * 3_600_000 }

/** What ended a turn without being a failure of the agent or its provider, or is told before anything is paid. */
const NOT_COUNTED: ReadonlySet<string> = new Set([
  'AGENT_UNKNOWN',
  'AGENT_CAPABILITY_MISSING',
  'AGENT_RECORDING_INVALID',
  'AGENT_SESSION_NOT_FOUND',
])

/**
 * What failures have in common that are the same: agent, kind and message, without numbers, ids, paths and times. Null for
 * what is no failure of an agent: errors of the author's code, budgets, cancels and quotas, which wait by themselves.
 */
export function signatureOf(agent: string, error: ErrorRecord | null): string | null {
  const code = error?.code ?? null
  if (error === null || code === null || !code.startsWith('AGENT_') || NOT_COUNTED.has(code)) return null
  const kind = typeof error.data.kind === 'string' ? error.data.kind : null
  if (kind === 'quota') return null
  return hash('sha256', JSON.stringify([agent, kind ?? code, normalised(error.message)])).slice(0, 16)
}

/** A message without what differs from time to time. */
export function normalised(message: string): string {
  return message
    .toLowerCase()
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '#')
    .replaceAll(/(?:[a-z]:)?(?:[\\/][^\s"'`,;:()]+)+/g, '/')
    .replaceAll(/\b[0-9a-f]*\d[0-9a-f]*\b/g, '#')
    .replaceAll(/\b\w*\d\w*\b/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300)
}

/** How many of the last turns failed in this way, in a row; turns that were only stopped are passed over. */
export function streakOf(signature: string, ends: readonly AgentEnd[]): number {
  let count = 0
  for (const { agent, status, error } of ends) {
    if (status === 'completed') return count
    const own = signatureOf(agent, error)
    if (own === null) continue
    if (own !== signature) return count
    count++
  }
  return count
}
