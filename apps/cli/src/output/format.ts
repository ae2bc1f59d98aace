/** A duration for people: `35ms`, `1.4s`, `12s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}h ${pad(minutes % 60)}m`
  return `${Math.floor(hours / 24)}d ${hours % 24}h`
}

/** US dollars; four places below ten cents, because steps of agents often cost so little. Null is unknown, never $0. */
export function formatCost(usd: number | null): string {
  if (usd === null) return 'cost unknown'
  return usd !== 0 && usd < 0.1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`
}

/** A count of tokens: `950`, `12.3k`, `1.2M`. */
export function formatTokens(tokens: number): string {
  if (tokens < 1000) return String(tokens)
  if (tokens < 999_950) return `${(tokens / 1000).toFixed(1)}k`
  return `${(tokens / 1_000_000).toFixed(1)}M`
}

/** `1 step`, `2 steps`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

/** Time of day, local, `14:03:22`. */
export function formatTime(iso: string): string {
  const date = new Date(iso)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':')
}

/** How long ago: `12s ago`, `3h 20m ago`. */
export function formatAgo(iso: string, now: number): string {
  return `${formatDuration(Math.max(0, now - Date.parse(iso)))} ago`
}

/**
 * The beginning of a run's id that tells it from all others in practice: 13 characters, which are the
 * millisecond of its start. Every command takes it.
 */
export function shortId(runId: string): string {
  return runId.slice(0, 13)
}

/** One line of any text: control characters and escape sequences gone, white space single. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').replace(/\s+/g, ' ').trim()
}

/** The lines of any text as they are, without what a terminal would obey. */
export function plainLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(CONTROL, (found) => (/^\t+$/.test(found) ? found : '')))
    .join('\n')
}

const ESCAPE = String.fromCharCode(27)
/** Escape sequences, tabs, and all other control characters, which terminals would obey. */
const CONTROL = new RegExp(`${ESCAPE}\\[[0-9;?]*[ -/]*[@-~]|\\t+|[^\\P{Cc}\\t]+`, 'gu')

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
