import { expect } from 'vitest'
import type { ExecutionLogQuery, RunQuery } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import type { Bench } from './Bench.ts'
import { completed, failure, runCompleted, started, usage } from './events.ts'
import { group, refusal } from './suite.ts'

/** Pages, cursors and filters of lists. */
export function listRules(backend: Backend): void {
  group(backend, 'lists', (rule) => {
    rule('[ST46] a cursor gives each run once, also when others come in between', async (open) => {
      const bench = await open()
      const ids: string[] = []
      const add = async (): Promise<string> => {
        // Two of three are created in the same millisecond.
        if (ids.length % 3 === 0) bench.clock.ms += 1000
        const { run } = await bench.store.createWorkflowRun(bench.newRun())
        ids.push(run.id)
        return run.id
      }
      for (let i = 0; i < 7; i++) await add()
      for (const sort of ['-created_at', 'created_at'] as const) {
        const known = [...ids]
        const seen: string[] = []
        for (let after: string | null = null; ;) {
          const page = await bench.store.listWorkflowRuns({
            sort,
            limit: 2,
            ...(after === null ? {} : { after }),
          })
          expect(page).toMatchObject({ limit: 2, page: 1, totalExact: true })
          seen.push(...page.items.map(({ id }) => id))
          after = page.next
          if (after === null) break
          if (sort === '-created_at') await add()
        }
        if (sort === '-created_at') expect(seen).toHaveLength(known.length)
        expect(seen.toSorted()).toEqual(known.toSorted())
      }
      for (const after of ['nonsense', '', 'bnVsbA', 'W10']) {
        await refusal(bench.store.listWorkflowRuns({ after }), 'OPTION_INVALID')
      }
    })

    rule('[ST46] a cursor goes over runs that have not started', async (open) => {
      const bench = await open()
      const waiting: string[] = []
      for (let i = 0; i < 3; i++) waiting.push((await bench.store.createWorkflowRun(bench.newRun())).run.id)
      const running: string[] = []
      for (let i = 0; i < 3; i++) {
        bench.clock.ms += 1000
        running.push((await bench.startRun()).id)
      }
      const read = async (sort: NonNullable<RunQuery['sort']>): Promise<string[]> => {
        const seen: string[] = []
        for (let after: string | null = null; ;) {
          const page = await bench.store.listWorkflowRuns({
            sort,
            limit: 2,
            ...(after === null ? {} : { after }),
          })
          seen.push(...page.items.map(({ id }) => id))
          after = page.next
          if (after === null) return seen
        }
      }
      const newestFirst = [...waiting.toSorted().toReversed(), ...running.toReversed()]
      expect(await read('-started_at')).toEqual(newestFirst)
      expect(await read('started_at')).toEqual(newestFirst.toReversed())
    })

    rule('[ST46] pages by number say what follows', async (open) => {
      const bench = await open()
      for (let i = 0; i < 4; i++) await bench.store.createWorkflowRun(bench.newRun())
      const first = await bench.store.listWorkflowRuns({ limit: 2 })
      const second = await bench.store.listWorkflowRuns({ limit: 2, page: 2 })
      expect(await bench.store.listWorkflowRuns({ limit: 2, after: first.next ?? '' })).toEqual({
        ...second,
        page: 1,
      })
      expect(second.next).toBeNull()
      expect((await bench.store.listWorkflowRuns({ limit: 2, page: 3 })).items).toEqual([])
    })

    rule('[ST47] runs are found by what they are and cost', async (open) => {
      const bench = await open()
      const cheap = await bench.startRun({ tags: { team: 'a', risk: 'low' }, taskInput: 'Fix 50% of it' })
      bench.clock.ms += 1000
      const dear = await bench.startRun({
        tags: { team: 'a' },
        workflowVersion: 2,
        sessionName: 'Night_Watch',
      })
      const middle = bench.now
      bench.clock.ms += 1000
      const other = await bench.startRun({ tags: { team: "o'b", 'a b"c': 'x' } })
      await bench.append(cheap, { type: 'usage.recorded', payload: usage({ costUsd: 0.5 }) })
      await bench.append(dear, { type: 'usage.recorded', payload: usage({ costUsd: 2.25 }) })
      await bench.append(dear, { type: 'run.updated', payload: { git: { branch: 'feat/Search' } } })
      bench.clock.ms += 500
      await bench.append(cheap, runCompleted())
      await bench.append(dear, runCompleted())
      const find = async (query: RunQuery): Promise<string[]> =>
        (await bench.store.listWorkflowRuns({ sort: 'created_at', ...query })).items.map(({ id }) => id)
      expect(await find({ tags: { team: 'a' } })).toEqual([cheap.id, dear.id])
      expect(await find({ tags: { team: 'a', risk: 'low' } })).toEqual([cheap.id])
      expect(await find({ tags: { team: "o'b" } })).toEqual([other.id])
      expect(await find({ tags: { 'a b"c': 'x' } })).toEqual([other.id])
      expect([await find({ tags: { team: 'b' } }), await find({ tags: { none: 'a' } })]).toEqual([[], []])
      expect(await find({ version: 2 })).toEqual([dear.id])
      expect([await find({ minCost: 0.5 }), await find({ minCost: 0.51 })]).toEqual([
        [cheap.id, dear.id],
        [dear.id],
      ])
      expect([await find({ minDurationMs: 2500 }), await find({ minDurationMs: 2501 })]).toEqual([
        [cheap.id],
        [],
      ])
      expect([await find({ from: middle }), await find({ to: middle })]).toEqual([
        [dear.id, other.id],
        [cheap.id],
      ])
      expect([await find({ q: '50% OF' }), await find({ q: 'night_w' }), await find({ q: 'T/SEA' })]).toEqual(
        [[cheap.id], [dear.id], [dear.id]],
      )
      expect([await find({ q: '0_ of' }), await find({ q: other.id.slice(0, 13) })]).toEqual([[], [other.id]])
      expect(await bench.store.listWorkflowRuns({ q: 'BUILD' })).toMatchObject({ total: 3 })
    })

    rule('[ST48] attempts are listed over all runs', async (open) => {
      const bench = await open()
      const steps: string[] = []
      for (const lead of ['lead-1', 'lead-2']) {
        bench.clock.ms += 1000
        const run = await bench.startRun({ triggeringObjectId: lead })
        await bench.append(run, started('score', 1), completed('score', { json: lead }))
        bench.clock.ms += 1000
        await bench.append(run, started('send', 2, { input: { to: lead } }), {
          type: 'step.failed',
          payload: { key: 'send', attempt: 1, error: failure('refused'), durationMs: 5 },
        })
        steps.push(`${run.id}.5.0`)
      }
      const list = async (query: ExecutionLogQuery): Promise<string[]> =>
        (await bench.store.listExecutionLogs(query)).items.map(
          ({ triggering_object_id, status }) => `${triggering_object_id} ${status}`,
        )
      const all = ['lead-2 FAILURE', 'lead-2 SUCCESS', 'lead-1 FAILURE', 'lead-1 SUCCESS']
      expect(await list({})).toEqual(all)
      expect(await list({ sort: 'executed_at' })).toEqual(all.toReversed())
      expect(await list({ workflowId: bench.workflowId, status: 'SUCCESS' })).toEqual([all[1], all[3]])
      expect(await list({ nodeId: 'send' })).toEqual([all[0], all[2]])
      expect(await list({ triggeringObjectId: 'lead-1', nodeId: 'score' })).toEqual([all[3]])
      expect(await list({ stepId: steps[1] ?? '' })).toEqual([all[0]])
      expect([await list({ workflowId: 'none' }), await list({ runId: 'none' })]).toEqual([[], []])
      const seen: string[] = []
      for (let after: string | null = null; ;) {
        const page = await bench.store.listExecutionLogs({ limit: 1, ...(after === null ? {} : { after }) })
        expect(page).toMatchObject({ total: 4, totalExact: true })
        seen.push(
          ...page.items.map(({ triggering_object_id, status }) => `${triggering_object_id} ${status}`),
        )
        after = page.next
        if (after === null) break
      }
      expect(seen).toEqual(all)
      const [first] = (await bench.store.listExecutionLogs({ nodeId: 'send' })).items
      expect(first).toMatchObject({ input_context: { to: 'lead-2' }, parsed_output: null })
    })

    rule('[ST48] attempts of one moment keep the order of their events', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      for (let i = 0; i < 12; i++)
        await bench.append(run, started(`s${i}`, i + 1), completed(`s${i}`, { json: i }))
      const outputs = await pages(bench, { runId: run.id, sort: 'executed_at', limit: 5 })
      expect(outputs).toEqual(Array.from({ length: 12 }, (_, i) => i))
      expect(await pages(bench, { runId: run.id, limit: 5 })).toEqual(outputs.toReversed())
    })
  })
}

async function pages(bench: Bench, query: ExecutionLogQuery): Promise<unknown[]> {
  const outputs: unknown[] = []
  for (let after: string | null = null; ;) {
    const page = await bench.store.listExecutionLogs({ ...query, ...(after === null ? {} : { after }) })
    outputs.push(...page.items.map((log) => log.parsed_output))
    after = page.next
    if (after === null) return outputs
  }
}
