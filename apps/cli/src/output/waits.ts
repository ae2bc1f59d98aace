import { oneLine } from './format.ts'

type WaitingFor = { readonly reason: string; readonly until: string | null; readonly detail: string }

/** What a run waits for; of a quota also until when, in local time. */
export function waitText({ reason, until, detail }: WaitingFor, now = Date.now()): string {
  const text = oneLine(detail)
  if (reason !== 'quota' || until === null) return text
  return `${text.replace(/\.$/, '')} until ${localTime(until, now)}`
}

/** `14:00` today, else `2026-11-25 14:00`. */
function localTime(iso: string, now: number): string {
  const at = new Date(iso)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.toDateString() === new Date(now).toDateString()) return time
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`
}
