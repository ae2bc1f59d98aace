import type { NewTrigger, TriggerRow } from '../contract/index.ts'
import { columnText, columnTextOrNull } from './text.ts'

/** Columns of a trigger that say when it starts its workflow. */
export type SaidByTrigger = Pick<TriggerRow, 'kind' | 'event_name' | 'condition' | 'cron' | 'time_zone'>

/** What a trigger says, as columns. */
export function saidBy(trigger: NewTrigger): SaidByTrigger {
  const nothing = { event_name: null, condition: null, cron: null, time_zone: null }
  switch (trigger.kind) {
    case 'event':
      return {
        ...nothing,
        kind: 'event',
        event_name: columnText(trigger.event),
        condition: columnTextOrNull(trigger.when),
      }
    case 'cron':
      return { ...nothing, kind: 'cron', cron: trigger.cron, time_zone: trigger.timeZone ?? 'UTC' }
    case 'webhook':
      return { ...nothing, kind: 'webhook', condition: columnTextOrNull(trigger.when) }
  }
}

/** Whether two triggers say the same. */
export function isSameTrigger(row: SaidByTrigger, said: SaidByTrigger): boolean {
  return (
    row.kind === said.kind &&
    row.event_name === said.event_name &&
    row.condition === said.condition &&
    row.cron === said.cron &&
    row.time_zone === said.time_zone
  )
}
