import { describe, expect, it } from 'vitest'
import { isTerminal, STEP_STATUSES, TERMINAL_STATUSES, WORKFLOW_STATUSES } from '../src/index.ts'
import { journalEvent, OUTSIDE_EVENT_TYPES, TERMINAL_EVENT_TYPES } from '../src/journal/index.ts'

describe('statuses', () => {
  it('are the ones that files, tables and answers use', () => {
    expect(WORKFLOW_STATUSES.join()).toBe(
      'pending,running,waiting,paused,cancelling,completed,failed,cancelled,killed,timed_out',
    )
    expect(STEP_STATUSES.join()).toBe('pending,running,retrying,completed,failed,skipped,cancelled')
  })

  it('say whether a run is over', () => {
    expect(WORKFLOW_STATUSES.filter((status) => isTerminal(status))).toEqual(TERMINAL_STATUSES)
  })

  it('that are terminal have an event each', () => {
    expect(TERMINAL_EVENT_TYPES).toEqual(TERMINAL_STATUSES.map((status) => `run.${status}`))
  })
})

describe('events', () => {
  it('are built from type and payload', () => {
    const payload = { by: 'ada', reason: 'cancelled' } as const
    expect(journalEvent('run.cancel-requested', payload)).toEqual({ type: 'run.cancel-requested', payload })
  })

  it('from outside end a run only by killing it', () => {
    const terminal: readonly string[] = TERMINAL_EVENT_TYPES
    expect(OUTSIDE_EVENT_TYPES.filter((type) => terminal.includes(type))).toEqual(['run.killed'])
  })
})
