import type { EventPayloads, NewJournalEvent, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { ErrorRecord } from '@holdfast/workflow-sdk'

/** An error record with this message. */
export function failure(message: string): ErrorRecord {
  return { name: 'Error', code: null, message, data: {}, stack: null, cause: null }
}

/** A `step.started`; the key is the name. */
export function started(
  name: string,
  stepNumber: number,
  more: Partial<EventPayloads['step.started']> = {},
): NewJournalEvent {
  return {
    type: 'step.started',
    payload: {
      key: name,
      name,
      kind: 'run',
      stepNumber,
      parentKey: null,
      attempt: 1,
      maxAttempts: 3,
      hash: 'run',
      writes: 'none',
      onInterrupted: 'retry',
      ...more,
    },
  }
}

/** A `step.completed`. */
export function completed(
  key: string,
  output: StoredValue = { json: { ok: true } },
  more: Partial<EventPayloads['step.completed']> = {},
): NewJournalEvent {
  return { type: 'step.completed', payload: { key, attempt: 1, output, durationMs: 5, ...more } }
}

/** A `usage.recorded` of 10 and 5 tokens. */
export function usage(more: Partial<EventPayloads['usage.recorded']> = {}): EventPayloads['usage.recorded'] {
  return {
    stepKey: null,
    provider: 'anthropic',
    model: 'large',
    inputTokens: 10,
    outputTokens: 5,
    cachedReadTokens: 3,
    cachedWriteTokens: 2,
    reasoningTokens: 1,
    costUsd: 0.1,
    priceSource: 'list',
    latencyMs: 20,
    callId: null,
    ...more,
  }
}

/** An `approval.requested`. */
export function requested(
  key: string,
  more: Partial<EventPayloads['approval.requested']> = {},
): NewJournalEvent {
  return {
    type: 'approval.requested',
    payload: {
      key,
      kind: 'approval',
      name: key,
      title: `Do ${key}?`,
      body: '',
      revision: 1,
      hash: 'approval',
      until: null,
      onTimeout: 'reject',
      answerSchema: null,
      choices: [],
      stepKey: null,
      ...more,
    },
  }
}

/** An `approval.answered` by Ada, yes. */
export function answered(
  key: string,
  more: Partial<EventPayloads['approval.answered']> = {},
): Extract<NewJournalEvent, { type: 'approval.answered' }> {
  return {
    type: 'approval.answered',
    payload: {
      key,
      revision: 1,
      approved: true,
      answer: null,
      comment: '',
      by: 'ada',
      how: 'person',
      ...more,
    },
  }
}

/** An `event.received`. */
export function received(id: string): Extract<NewJournalEvent, { type: 'event.received' }> {
  return { type: 'event.received', payload: { name: 'news', data: { id }, id, by: null } }
}

/** A `run.completed`. */
export function runCompleted(output: StoredValue = { json: 'done' }): NewJournalEvent {
  return { type: 'run.completed', payload: { output, result: 'All done.', activeMs: 7 } }
}
