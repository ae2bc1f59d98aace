import { expect } from 'vitest'
import type { UsageQuery, UsageSum } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import type { Bench, OwnedRun } from './Bench.ts'
import { started, usage } from './events.ts'
import { group } from './suite.ts'

/** Sums of usage over runs. */
export function usageRules(backend: Backend): void {
  group(backend, 'usage', (rule) => {
    rule('[ST85] usage is summed by run, step, agent, model, workflow, project and day', async (open) => {
      const bench = await open()
      const { root, child, other } = await threeRuns(bench)
      const sum = async (query: UsageQuery): Promise<unknown[]> =>
        (await bench.store.sumLlmUsage(query)).map(short)
      expect(await sum({ groupBy: 'run' })).toEqual([
        [root.id, root.id, 3, 45, 0.3, 1],
        [child.id, child.id, 1, 15, 0.2, 0],
        [other.id, other.id, 1, 15, null, 1],
      ])
      expect(await sum({ groupBy: 'run', rootRunId: root.id })).toHaveLength(2)
      expect(await sum({ groupBy: 'project', rootRunId: root.id })).toEqual([
        [bench.projectId, bench.projectId, 4, 60, 0.5, 1],
      ])
      const step = `${root.id}.3.0`
      expect(await sum({ groupBy: 'step', runId: root.id })).toEqual([
        [step, 'a', 2, 30, 0.3, 0],
        [null, null, 1, 15, null, 1],
      ])
      expect(await sum({ groupBy: 'agent', rootRunId: root.id })).toEqual([
        ['claude', 'claude', 2, 30, 0.3, 0],
        [null, null, 2, 30, 0.2, 1],
      ])
      expect(await sum({ groupBy: 'model', projectId: bench.projectId })).toEqual([
        ['large', 'large', 4, 60, 0.5, 1],
        ['small', 'small', 1, 15, null, 1],
      ])
      expect(await sum({ groupBy: 'workflow' })).toEqual([['build', 'build', 5, 75, 0.5, 2]])
      const days = await bench.store.sumLlmUsage({ groupBy: 'day' })
      expect(days.map(({ key, calls }) => [key, calls])).toEqual([
        ['2026-01-01', 4],
        ['2026-01-02', 1],
      ])
      const { from, to } = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' }
      expect(await bench.store.sumLlmUsage({ groupBy: 'day', from, to })).toHaveLength(1)
      expect(await bench.store.sumLlmUsage({ groupBy: 'day', from: to })).toHaveLength(1)
      expect(await bench.store.sumLlmUsage({ groupBy: 'day', projectId: 'none' })).toEqual([])
      const [all] = await bench.store.sumLlmUsage({ groupBy: 'project' })
      expect(all).toMatchObject({
        input_tokens: 50,
        output_tokens: 25,
        cached_read_tokens: 15,
        cached_write_tokens: 10,
        reasoning_tokens: 5,
      })
    })
  })
}

function short({ key, label, calls, total_tokens, cost, cost_unknown_calls }: UsageSum): unknown[] {
  return [key, label, calls, total_tokens, cost, cost_unknown_calls]
}

/** A run whose agent cost something and that called a model of unknown price, its child, and another a day later. */
async function threeRuns(
  bench: Bench,
): Promise<{ readonly root: OwnedRun; readonly child: OwnedRun; readonly other: OwnedRun }> {
  const record = (run: OwnedRun, more: Parameters<typeof usage>[0]): Promise<void> =>
    bench.store.recordLlmUsage(run.id, usage(more), run.token)
  const root = await bench.startRun()
  await bench.append(root, started('a', 1), {
    type: 'agent.started',
    payload: {
      stepKey: 'a',
      attempt: 1,
      agent: 'claude',
      name: 'a',
      sessionId: 's',
      model: null,
      sessionFilePath: 'a.jsonl',
      resumed: false,
    },
  })
  await record(root, { stepKey: 'a', costUsd: 0.1 })
  await record(root, { stepKey: 'a', costUsd: 0.2 })
  await record(root, { costUsd: null })
  const child = await bench.startRun({ parentRunId: root.id, parentKey: 'child' })
  await record(child, { costUsd: 0.2 })
  const other = await bench.startRun()
  bench.clock.ms += 24 * 3_600_000
  await record(other, { costUsd: null, model: 'small' })
  return { root, child, other }
}
