import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomUUID } from 'node:crypto'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { IWorkflowStore } from '../contract/index.ts'
import { Bench, type OwnedRun } from '../conformance/Bench.ts'
import {
  answered,
  completed,
  failure,
  requested,
  runCompleted,
  started,
  usage,
} from '../conformance/events.ts'
import { openSqliteStore } from '../sqlite/openSqliteStore.ts'

const backend = {
  name: 'memory',
  open: (options: { readonly now?: () => number }) => openSqliteStore({ ...options, path: ':memory:' }),
}

const KEYS = ['a', 'b', 'a@1/in', 'c'] as const
const keys = fc.constantFrom(...KEYS)
const attempts = fc.integer({ min: 1, max: 3 })
const values = fc.oneof(
  fc.constant({}),
  fc.jsonValue().map((json) => ({ json: json as never })),
)

function agentStarted(stepKey: string): NewJournalEvent {
  return {
    type: 'agent.started',
    payload: {
      stepKey,
      attempt: 1,
      agent: 'claude',
      name: 'x',
      sessionId: null,
      model: null,
      sessionFilePath: 'f',
      resumed: false,
    },
  }
}

/** Any event that an owner may append, also where it makes no sense: the projection is total. */
const anyEvent: fc.Arbitrary<NewJournalEvent> = fc.oneof(
  fc
    .tuple(keys, attempts)
    .map(([key, attempt]) =>
      started(key, KEYS.indexOf(key) + 1, { attempt, parentKey: key.includes('/') ? 'a' : null }),
    ),
  fc
    .tuple(keys, attempts, values)
    .map(([key, attempt, output]) =>
      completed(key, output, { attempt, rawOutput: `raw ${key}`, state: [{ name: key, value: attempt }] }),
    ),
  fc.tuple(keys, attempts).map(([key, attempt]): NewJournalEvent => ({
    type: 'step.retrying',
    payload: { key, attempt, error: failure('no'), durationMs: attempt, retryAt: '' },
  })),
  fc.tuple(keys, attempts).map(([key, attempt]): NewJournalEvent => ({
    type: 'step.failed',
    payload: { key, attempt, error: failure('no'), durationMs: attempt },
  })),
  keys.map((key): NewJournalEvent => ({ type: 'step.skipped', payload: { key, by: null } })),
  keys.map((key): NewJournalEvent => ({
    type: 'step.cancelled',
    payload: { key, attempt: 1, reason: 'x', durationMs: 1 },
  })),
  fc
    .tuple(fc.option(keys), fc.option(fc.constantFrom('m1', 'm2')), fc.option(fc.constantFrom(0.1, 0.25)))
    .map(([stepKey, callId, costUsd]): NewJournalEvent => ({
      type: 'usage.recorded',
      payload: usage({ stepKey, callId, costUsd }),
    })),
  keys.map(agentStarted),
  keys.map((stepKey): NewJournalEvent => ({
    type: 'agent.updated',
    payload: { stepKey, sessionId: 's', model: 'm' },
  })),
  keys.map((stepKey): NewJournalEvent => ({
    type: 'agent.completed',
    payload: { stepKey, stopReason: 'end' },
  })),
  fc
    .tuple(keys, fc.integer({ min: 1, max: 3 }))
    .map(([key, revision]) => requested(key, { revision, stepKey: key })),
  fc
    .tuple(keys, fc.integer({ min: 1, max: 3 }))
    .map(([key, revision]) => answered(key, { revision, answer: { revision } })),
  keys.map((key): NewJournalEvent => ({ type: 'approval.withdrawn', payload: { key, reason: 'x' } })),
  fc.tuple(keys, fc.jsonValue()).map(([name, value]): NewJournalEvent => ({
    type: 'state.set',
    payload: { key: name, name, value: value as never },
  })),
  keys.map((stepKey): NewJournalEvent => ({
    type: 'comment.added',
    payload: { key: stepKey, stepKey, message: stepKey, metadata: {} },
  })),
  fc.constant<NewJournalEvent>({
    type: 'run.updated',
    payload: { warning: 'w', tag: { name: 't', value: 'v' } },
  }),
  fc.constant<NewJournalEvent>({
    type: 'workspace.created',
    payload: {
      workspaceId: 'ws',
      kind: 'project',
      path: '.',
      branch: 'b',
      hostId: 'h',
      persistent: true,
      git: { branch: 'b' },
    },
  }),
  fc.constant<NewJournalEvent>({ type: 'workspace.cleaned', payload: { workspaceId: 'ws' } }),
)

/** A step with an agent and a question in it: most random sequences never get this far. */
const chain: fc.Arbitrary<readonly NewJournalEvent[]> = fc
  .tuple(keys, fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 3 }))
  .map(([key, kept]) => {
    const events: readonly NewJournalEvent[] = [
      started(key, KEYS.indexOf(key) + 1, { parentKey: key.includes('/') ? 'a' : null, input: { key } }),
      agentStarted(key),
      requested(key, { stepKey: key }),
      { type: 'usage.recorded', payload: usage({ stepKey: key, callId: key }) },
      answered(key),
      { type: 'agent.completed', payload: { stepKey: key, stopReason: 'end' } },
      completed(key, { json: key }),
    ]
    return events.filter((_, index) => kept.includes(index))
  })

const program = fc
  .array(
    fc.oneof(
      chain,
      anyEvent.map((event) => [event]),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.flat())

describe('projection', () => {
  test('[ST30] events folded into batches give the rows of events applied one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        program,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.boolean(),
        async (events, sizes, ends) => {
          const all = ends ? [...events, runCompleted({ json: 1 })] : events
          const id = randomUUID()
          const folded = await tablesAfter(id, cut(all, sizes))
          const single = await tablesAfter(id, cut(all, [1]))
          const whole = await tablesAfter(id, cut(all, [all.length]))
          expect(folded).toEqual(single)
          expect(whole).toEqual(single)
        },
      ),
      { numRuns: 100, seed: 20261121 },
    )
  })
})

/** Cuts a list into batches whose sizes follow each other round and round. */
function cut<T>(list: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = []
  for (let from = 0, i = 0; from < list.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    batches.push(list.slice(from, from + size))
    from += size
  }
  return batches
}

async function tablesAfter(id: string, batches: readonly (readonly NewJournalEvent[])[]): Promise<object> {
  const bench = await Bench.open(backend)
  try {
    const run = await bench.startRun({ id })
    for (const batch of batches) await bench.append(run, ...batch)
    return await tables(bench.store, run)
  } finally {
    await bench.store.close()
  }
}

async function tables(store: IWorkflowStore, { id: runId }: OwnedRun): Promise<object> {
  const run = { ...(await store.getWorkflowRun(runId)), project_id: '', workflow_id: '' }
  return {
    run,
    steps: await store.listWorkflowSteps(runId),
    attempts: (await store.listExecutionLogs({ runId, sort: 'executed_at', limit: 200 })).items.map(
      (log) => ({ ...log, workflow_id: '' }),
    ),
    events: (await store.listWorkflowEvents({ runId })).slice(1),
    sessions: await store.listAgentSessions(runId),
    usage: await store.listLlmUsage({ runId }),
    approvals: await store.listApprovals({ runId }),
    comments: await store.listComments(runId),
    outputs: [...(await store.getCompletedDagNodeOutputs(runId))].toSorted(([a], [b]) => a.localeCompare(b)),
  }
}
