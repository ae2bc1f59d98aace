import type { IWorkflowStore, OwnerAppend } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import { expect, it } from 'vitest'
import { Journal } from '../src/journal/Journal.ts'
import { TestClock } from '../src/testing/index.ts'

it('[EE5] who waits for a write hears of it when the journal is closed while a culprit is looked for', async () => {
  const sizes: number[] = []
  const store: Partial<IWorkflowStore> = {
    appendAsOwner: async ({ events }: OwnerAppend) => {
      sizes.push(events.length)
      if (events.length > 1) throw new WorkflowError('PAYLOAD_INVALID', 'One of them cannot be kept.')
      journal.close()
      return { runId: 'r', first: 1, last: 1, timestamp: new Date(0).toISOString() }
    },
  }
  const journal: Journal = new Journal({
    store: store as IWorkflowStore,
    clock: new TestClock(),
    runId: 'r',
    ownerToken: 'o',
    seen: 0,
    lazyCommitMs: 50,
    onEvent: () => {},
    onRest: () => {},
    onStuck: () => {},
    onRefused: () => {},
    onLost: () => {},
  })
  const note = (message: string) =>
    journal.commit(journalEvent('run.updated', { warning: message })).catch((error: unknown) => error)
  const ends = await Promise.all(['a', 'b', 'c'].map(note))
  expect(ends.map((error) => WorkflowError.has(error, 'CONTEXT_CLOSED'))).toEqual([true, true, true])
  // Closed, nothing more is sent.
  expect(sizes).toEqual([3, 1])
})
