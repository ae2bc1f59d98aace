/** A calendar day somewhere. */
export interface Day {
  /** `2026-11-24`. */
  readonly day: string
  /** ISO, its first moment. */
  readonly from: string
  /** ISO, the first moment of the next day. */
  readonly to: string
}

const HOUR_MS = 3_600_000

/**
 * The day that it is in a time zone (IANA name) at `nowMs`, milliseconds since 1970. Its length is what the zone makes
 * of it: 23 or 25 hours where clocks change, and it begins after midnight where they skip that.
 */
export function dayIn(timeZone: string, nowMs: number): Day {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  const dayAt = (ms: number): string => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
    return `${part.year}-${part.month}-${part.day}`
  }
  const day = dayAt(nowMs)
  const from = firstWhere((ms) => dayAt(ms) >= day, nowMs - 30 * HOUR_MS, nowMs)
  const to = firstWhere((ms) => dayAt(ms) > day, nowMs, nowMs + 30 * HOUR_MS)
  return { day, from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

/** The first millisecond after `before` at which something holds that holds at `after`. */
function firstWhere(holds: (ms: number) => boolean, before: number, after: number): number {
  let [low, high] = [before, after]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle
  }
  return high
}
