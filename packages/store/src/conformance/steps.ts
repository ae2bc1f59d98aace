import { expect } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import type { Bench, OwnedRun } from './Bench.ts'
import { completed, failure, runCompleted, started, usage } from './events.ts'
import { group } from './suite.ts'

/** Steps, attempts, usage and state. */
export function stepRules(backend: Backend): void {
  group(backend, 'steps', (rule) => {
    rule('[ST31] a step that is retried is one row with a log for each attempt', async (open) => {
      const bench = await open()
      const run = await bench.startRun({ triggeringObjectId: 'lead-1' })
      await bench.append(run, started('a', 1, { input: { q: 1 } }), retrying('a', 1, bench.now))
      expect((await bench.store.listWorkflowSteps(run.id))[0]).toMatchObject({
        status: 'retrying',
        error: { message: 'flaky' },
      })
      bench.clock.ms += 2000
      await bench.append(run, started('a', 1, { input: { q: 1 }, attempt: 2 }))
      expect((await bench.store.listWorkflowSteps(run.id))[0]).toMatchObject({
        status: 'running',
        error: null,
      })
      await bench.append(run, completed('a', { json: 'fine' }, { attempt: 2, rawOutput: 'it is fine' }))
      const steps = await bench.store.listWorkflowSteps(run.id)
      expect(steps).toEqual([
        expect.objectContaining({
          step_key: 'a',
          status: 'completed',
          attempt_number: 2,
          output: 'fine',
          duration_ms: 2000,
        }),
      ])
      const logs = (
        await bench.store.listExecutionLogs({
          runId: run.id,
          stepId: steps[0]?.id ?? '',
          sort: 'executed_at',
        })
      ).items
      expect(logs).toEqual([
        expect.objectContaining({
          status: 'FAILURE',
          attempt_number: 1,
          error_message: 'flaky',
          parsed_output: null,
        }),
        expect.objectContaining({
          status: 'SUCCESS',
          attempt_number: 2,
          input_context: { q: 1 },
          raw_output: 'it is fine',
          parsed_output: 'fine',
          triggering_object_id: 'lead-1',
          workflow_id: bench.workflowId,
        }),
      ])
    })

    rule('[ST31] every way in which a step ends has its status and log', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1), started('b', 2), started('c', 3))
      await bench.append(
        run,
        { type: 'step.failed', payload: { key: 'a', attempt: 1, error: failure('no'), durationMs: 4 } },
        { type: 'step.skipped', payload: { key: 'b', by: 'ada' } },
        { type: 'step.cancelled', payload: { key: 'c', attempt: 1, reason: 'lost the race', durationMs: 6 } },
        { type: 'step.cancelled', payload: { key: 'never', attempt: 1, reason: 'x', durationMs: 0 } },
      )
      const steps = await bench.store.listWorkflowSteps(run.id)
      expect(steps.map(({ step_key, status }) => [step_key, status])).toEqual([
        ['a', 'failed'],
        ['b', 'skipped'],
        ['c', 'cancelled'],
      ])
      const logs = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
      expect(
        logs.map(({ status, error_message, duration_ms }) => [status, error_message, duration_ms]),
      ).toEqual([
        ['FAILURE', 'no', 4],
        ['SKIPPED', null, null],
        ['CANCELLED', 'lost the race', 6],
      ])
    })

    rule('[ST31] what a person decides about a failed attempt is no attempt of its own', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1), retrying('a', 1, bench.now))
      await bench.append(run, completed('a', { json: 'by hand' }, { setBy: 'ada', rawOutput: 'hand' }))
      expect((await bench.store.listWorkflowSteps(run.id))[0]).toMatchObject({
        status: 'completed',
        output: 'by hand',
      })
      const logs = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
      expect(logs.map((log) => log.status)).toEqual(['FAILURE'])
      const last = (await bench.store.listWorkflowEvents({ runId: run.id })).at(-1)
      expect(last?.payload).toMatchObject({ output: { json: 'by hand' }, rawOutput: 'hand' })
    })

    rule('[ST32] the current step is the newest unfinished one, at the end the last', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const current = async (): Promise<string | null> => {
        const { current_workflow_step_id: id } = await bench.store.getWorkflowRun(run.id)
        return id === null ? null : (await bench.store.getWorkflowStep(id)).name
      }
      expect(await current()).toBeNull()
      const seen: (string | null)[] = []
      const tell = async (...events: readonly NewJournalEvent[]): Promise<void> => {
        await bench.append(run, ...events)
        seen.push(await current())
      }
      await tell(started('a', 1), started('b', 2))
      await tell(started('c', 3))
      await tell(completed('b'))
      await tell(completed('c'))
      await tell(retrying('a', 1, bench.now))
      await tell(started('d', 4), completed('d'))
      await tell(started('a', 1, { attempt: 2 }), completed('a', {}, { attempt: 2 }))
      await tell(runCompleted())
      expect(seen).toEqual(['b', 'c', 'c', 'a', 'a', 'a', 'a', 'd'])
    })

    rule('[ST33] usage is summed up, the same call counts once', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1))
      expect((await bench.store.getWorkflowRun(run.id)).cost_estimate).toBeNull()
      const record = (more: Parameters<typeof usage>[0]) =>
        bench.store.recordLlmUsage(run.id, usage(more), run.token)
      await record({ stepKey: 'a', callId: 'm1', costUsd: 0.1 })
      await record({ stepKey: 'a', callId: 'm1', costUsd: 0.1 })
      await Promise.all([record({ callId: 'm2', costUsd: 0.2 }), record({ callId: 'm2', costUsd: 0.2 })])
      await record({ costUsd: null })
      await record({ costUsd: null })
      const row = await bench.store.getWorkflowRun(run.id)
      expect(row).toMatchObject({
        input_tokens: 40,
        output_tokens: 20,
        total_tokens: 60,
        cached_read_tokens: 12,
        cached_write_tokens: 8,
        cost_estimate: 0.3,
        metadata: { cost_unknown_calls: 2 },
      })
      const rows = await bench.store.listLlmUsage({ runId: run.id })
      expect(rows.map(({ call_id, cost, total_tokens }) => [call_id, cost, total_tokens])).toEqual([
        ['m1', 0.1, 15],
        ['m2', 0.2, 15],
        [null, null, 15],
        [null, null, 15],
      ])
      expect(await bench.store.listLlmUsage({ runId: run.id, stepId: `${run.id}.3.0` })).toHaveLength(1)
      await bench.append(run, completed('a'))
      const [log] = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
      expect(log).toMatchObject({ token_usage: 15, cost: 0.1 })
    })

    rule('[ST33] one call without a price makes the price of its attempt unknown', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const record = (costUsd: number | null): NewJournalEvent => ({
        type: 'usage.recorded',
        payload: usage({ stepKey: 'a', costUsd }),
      })
      await bench.append(
        run,
        started('a', 1),
        record(0.5),
        record(null),
        record(0.5),
        retrying('a', 1, bench.now),
      )
      await bench.append(
        run,
        started('a', 1, { attempt: 2 }),
        record(0.25),
        completed('a', {}, { attempt: 2 }),
      )
      const logs = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
      expect(logs.map(({ token_usage, cost }) => [token_usage, cost])).toEqual([
        [45, null],
        [15, 0.25],
      ])
    })

    rule('[ST34] state is changed by state.set and by finished steps', async (open) => {
      const bench = await open()
      const run = await bench.startRun({ state: { kept: 1, dropped: 2 } })
      const set = (name: string, value: string): NewJournalEvent => ({
        type: 'state.set',
        payload: { key: name, name, value },
      })
      await bench.append(run, set('plan', 'short'), set('__proto__', 'plain name'))
      const state = [
        { name: 'dropped', value: null, deleted: true },
        { name: 'plan', value: 'long' },
      ]
      await bench.append(run, started('a', 1), completed('a', {}, { state }))
      const row = await bench.store.getWorkflowRun(run.id)
      expect(Object.entries(row.state)).toEqual([
        ['kept', 1],
        ['plan', 'long'],
        ['__proto__', 'plain name'],
      ])
    })

    rule(
      '[ST43] node outputs are those of completed top-level steps with the cost of all below',
      async (open) => {
        const bench = await open()
        const run = await bench.startRun()
        const record = (stepKey: string, costUsd: number | null): NewJournalEvent => ({
          type: 'usage.recorded',
          payload: usage({ stepKey, costUsd }),
        })
        await bench.append(
          run,
          ...nested('a', 1),
          record('a@1/in', 0.25),
          record('a', 0.5),
          completed('a@1/in'),
          completed('a'),
        )
        await bench.append(
          run,
          ...nested('b', 3),
          record('b@1/in', null),
          completed('b@1/in'),
          completed('b', {}),
        )
        await bench.append(run, started('ab', 5), completed('ab', { json: null }), started('c', 6))
        await bench.append(run, { type: 'step.skipped', payload: { key: 'c', by: null } })
        const outputs = await bench.store.getCompletedDagNodeOutputs(run.id)
        expect([...outputs]).toEqual([
          ['a', { output: { ok: true }, costUsd: 0.75, completedAt: bench.now }],
          ['b', { output: null, costUsd: null, completedAt: bench.now }],
          ['ab', { output: null, costUsd: null, completedAt: bench.now }],
        ])
        const steps = await bench.store.listWorkflowSteps(run.id)
        expect(steps[1]?.parent_step_id).toBe(steps[0]?.id)
      },
    )

    rule('[ST35] rows made by events are named after them', async (open) => {
      const bench = await open()
      const run: OwnedRun = await bench.startRun()
      await bench.append(run, started('a', 1), started('b', 2), {
        type: 'run.failed',
        payload: { error: failure('x'), activeMs: 1 },
      })
      expect(await ids(bench, run)).toEqual([
        `${run.id}.3.0`,
        `${run.id}.4.0`,
        `${run.id}.5.0`,
        `${run.id}.5.1`,
      ])
    })
  })
}

async function ids(bench: Bench, run: OwnedRun): Promise<string[]> {
  const steps = await bench.store.listWorkflowSteps(run.id)
  const logs = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
  return [...steps, ...logs].map(({ id }) => id)
}

function nested(name: string, stepNumber: number): NewJournalEvent[] {
  return [started(name, stepNumber), started(`${name}@1/in`, stepNumber + 1, { parentKey: name })]
}

function retrying(key: string, attempt: number, retryAt: string): NewJournalEvent {
  return { type: 'step.retrying', payload: { key, attempt, error: failure('flaky'), durationMs: 3, retryAt } }
}
