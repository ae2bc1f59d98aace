/** What a provider has against a request. */
export type ProviderTrouble =
  | 'rate-limited'
  | 'quota'
  | 'overloaded'
  | 'unreachable'
  | 'bad-key'
  | 'model-unknown'
  | 'context-too-long'

/** Kind of a failure and, for limits, the time from which the provider takes requests again. */
export interface TroubleFacts {
  /** Null when the provider has nothing to do with it, or it is not known what. */
  readonly kind: ProviderTrouble | null
  /** ISO 8601, UTC; null when it was not said. */
  readonly resetAt: string | null
}

/**
 * Tells apart why a provider did not answer, by the HTTP status and the words that an agent's program passes on.
 * @param stated time of the reset where the program stated it in figures, in milliseconds since 1970.
 * @param nowMs milliseconds since 1970, for times that are said relative to now.
 */
export function providerTrouble(
  { status, said, stated = null }: { status: number | null; said: string; stated?: number | null },
  nowMs: number,
): TroubleFacts {
  const reset = stated ?? resetIn(said, nowMs)
  const resetAt = reset === null ? null : new Date(reset).toISOString()
  const kind = kindOf(status, said)
  return kind === 'quota' || kind === 'rate-limited' ? { kind, resetAt } : { kind, resetAt: null }
}

const WORDS: readonly (readonly [RegExp, ProviderTrouble])[] = [
  [/context window|context[ _]length|prompt is too long|input token count exceeds/i, 'context-too-long'],
  [
    /usage limit|session limit|weekly limit|\d-hour limit|quota exceeded|exceeded your current quota/i,
    'quota',
  ],
  [/rate.?limit|too many requests/i, 'rate-limited'],
  [/overloaded|at capacity|high demand|unavailable/i, 'overloaded'],
  [
    /invalid (x-)?api.?key|api key not valid|incorrect api key|not logged in|missing environment variable/i,
    'bad-key',
  ],
  [/model .*(not found|does not exist)/i, 'model-unknown'],
  [
    /connection|disconnected|error sending request|fetch failed|ECONN|ENOTFOUND|socket hang up|terminated/i,
    'unreachable',
  ],
]

function kindOf(status: number | null, said: string): ProviderTrouble | null {
  const [, byWords = null] = WORDS.find(([words]) => words.test(said)) ?? []
  if (byWords === 'context-too-long' || byWords === 'quota') return byWords
  if (status === 429) return 'rate-limited'
  if (status === 401 || status === 403) return 'bad-key'
  if (status === 404) return 'model-unknown'
  if (status === 408 || (status !== null && status >= 500)) return 'overloaded'
  return byWords
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * A time of reset in words: seconds since 1970 after a bar (Claude Code), `try again in 11.5s`, and local times such as
 * `try again at 9:46 AM` and `try again at Nov 25th, 2026 9:46 AM` (Codex), which leave their seconds away.
 */
function resetIn(said: string, nowMs: number): number | null {
  const [, epoch] = /\|(\d{10})\b/.exec(said) ?? []
  if (epoch !== undefined) return Number(epoch) * 1000
  const [, amount, unit = ''] = /try again in (\d+(?:\.\d+)?) ?(ms|s|m|h|d)/i.exec(said) ?? []
  if (amount !== undefined) return nowMs + Math.ceil(Number(amount) * (UNITS_MS[unit.toLowerCase()] ?? 0))
  const [, day, clock] =
    /try again at (?:(\w{3} \d{1,2})(?:st|nd|rd|th), )?((?:\d{4} )?\d{1,2}:\d\d [AP]M)/i.exec(said) ?? []
  if (clock === undefined) return null
  const date = day === undefined ? `${new Date(nowMs).toDateString()} ${clock}` : `${day}, ${clock}`
  const at = Date.parse(date) + MINUTE_MS
  if (Number.isNaN(at)) return null
  return day === undefined && at < nowMs ? at + DAY_MS : at
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: DAY_MS,
}
