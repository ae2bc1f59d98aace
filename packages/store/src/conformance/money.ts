import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Amounts, BudgetLimit, EventPayloads, NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import type { Bench, OwnedRun } from './Bench.ts'
import { failure, started, usage } from './events.ts'
import { group } from './suite.ts'

/** What runs tell each other about budgets, quotas and failures. */
export function moneyRules(backend: Backend): void {
  group(backend, 'money', (rule) => {
    rule('[ST90] a shared budget sums a tree of runs, or a project in a span of time', async (open) => {
      const bench = await open()
      const root = await bench.startRun()
      const child = await bench.startRun({ parentRunId: root.id, parentKey: 'c', rootRunId: root.id })
      const next = await bench.startRun({ previousRunId: root.id, rootRunId: root.id })
      const apart = await bench.startRun({ forkedFrom: forkOf(root) })
      for (const [run, cost] of [
        [root, 0.1],
        [child, 0.2],
        [next, null],
      ] as const) {
        await bench.append(run, { type: 'usage.recorded', payload: usage({ costUsd: cost }) })
      }
      bench.clock.ms += 24 * 3_600_000
      await work(bench, apart, { usd: 5, turns: 3 })
      await bench.append(apart, { type: 'usage.recorded', payload: usage({ stepKey: 'a', costUsd: 1.5 }) })

      const tree = (id: string) => bench.store.readSharedBudget({ scope: 'tree', rootRunId: id })
      const nothing = { usd: 0, tokens: 0, turns: 0 }
      expect(await tree(root.id)).toEqual({
        spent: { usd: 0.3, tokens: 45, turns: 3 },
        unknownCalls: 1,
        reserved: nothing,
        raised: {},
        lifted: [],
      })
      expect(await tree(apart.id)).toMatchObject({
        spent: { usd: 1.5, turns: 1 },
        reserved: { usd: 3.5, tokens: 0, turns: 2 },
      })
      const day = (more: { readonly projectId?: string; readonly exceptRunId?: string }, of = '2026-01-02') =>
        bench.store.readSharedBudget({
          scope: 'day',
          projectId: bench.projectId,
          day: of,
          from: `${of}T00:00:00.000Z`,
          to: `${of.slice(0, -1)}${Number(of.slice(-1)) + 1}T00:00:00.000Z`,
          ...more,
        })
      expect(await day({}, '2026-01-01')).toMatchObject({ spent: { usd: 0.3, turns: 3 } })
      expect(await day({})).toMatchObject({ spent: { usd: 1.5 }, reserved: { usd: 3.5 } })
      expect(await day({ exceptRunId: apart.id })).toMatchObject({ spent: { usd: 1.5 }, reserved: nothing })
      expect(await day({ projectId: 'other' })).toMatchObject({ spent: nothing, reserved: nothing })

      await bench.append(root, raised('tree', root.id, { usd: 2.25, tokens: 3_000_000 }))
      await bench.append(child, raised('tree', root.id, { usd: 1 }, ['turns']))
      await bench.append(apart, raised('day', `${bench.projectId}/2026-01-02`, { usd: 7 }))
      expect(await tree(root.id)).toMatchObject({
        raised: { usd: 3.25, tokens: 3_000_000 },
        lifted: ['turns'],
      })
      expect(await tree(apart.id)).toMatchObject({ raised: {}, lifted: [] })
      expect(await day({})).toMatchObject({ raised: { usd: 7 } })
      expect(await day({}, '2026-01-01')).toMatchObject({ raised: {} })

      // Nobody works in a run that nobody holds, nor in a step that is over.
      await bench.park(apart)
      expect(await tree(apart.id)).toMatchObject({ reserved: nothing })
      await work(bench, root, { usd: 1 })
      expect(await tree(root.id)).toMatchObject({ reserved: { usd: 1 } })
      await bench.append(root, agentFailed())
      expect(await tree(root.id)).toMatchObject({ reserved: nothing })
    })

    rule('[ST87] a quota stands until its reset or its release, for its account and model', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const other = await bench.startRun()
      const at = (hours: number): string => new Date(bench.clock.ms + hours * 3_600_000).toISOString()
      const stands = async (now: string, provider?: string): Promise<unknown[]> =>
        (await bench.store.listProviderLimits({ now, ...(provider === undefined ? {} : { provider }) })).map(
          (limit) => [limit.provider, limit.account, limit.model, limit.resetAt],
        )
      await bench.append(run, started('a', 1), limited('claude', at(2)), limited('claude', at(5)))
      await bench.append(other, limited('claude', at(9), { account: 'k1' }))
      await bench.append(other, limited('codex', at(3), { model: 'large' }))
      expect(await stands(at(1), 'claude')).toEqual([
        ['claude', null, null, at(5)],
        ['claude', 'k1', null, at(9)],
      ])
      expect(await stands(at(1), 'codex')).toEqual([['codex', null, 'large', at(3)]])
      expect(await stands(at(3))).toHaveLength(2)
      expect(await stands(at(9))).toEqual([])
      bench.clock.ms += 60_000
      const released = { provider: 'claude', account: null, by: 'ada' }
      await bench.store.appendFromOutside(other.id, { type: 'provider.released', payload: released })
      expect(await stands(at(1), 'claude')).toMatchObject([['claude', 'k1', null, expect.any(String)]])
      bench.clock.ms += 60_000
      await bench.append(run, limited('claude', at(4)))
      expect(await stands(at(1), 'claude')).toHaveLength(2)
    })

    rule('[ST87] how the last turns of an agent ended', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const began = bench.now
      const turn = async (end: NewJournalEvent): Promise<void> => {
        bench.clock.ms += 1000
        await work(bench, run)
        bench.clock.ms += 1000
        await bench.append(run, end)
      }
      await turn(agentFailed('first'))
      await turn({ type: 'agent.completed', payload: { stepKey: 'a', stopReason: 'end_turn' } })
      await turn(agentFailed('second'))
      await work(bench, run)
      const ends = async (more: object = {}): Promise<unknown[]> =>
        (
          await bench.store.listAgentEnds({
            projectId: bench.projectId,
            agent: 'claude',
            since: began,
            limit: 10,
            ...more,
          })
        ).map(({ status, error }) => [status, error?.message ?? null])
      expect(await ends()).toEqual([
        ['failed', 'second'],
        ['completed', null],
        ['failed', 'first'],
      ])
      expect(await ends({ limit: 1 })).toHaveLength(1)
      expect(await ends({ since: new Date(bench.clock.ms - 1000).toISOString() })).toHaveLength(1)
      expect(await ends({ agent: 'codex' })).toEqual([])
      expect(await ends({ projectId: 'other' })).toEqual([])
    })
  })
}

/** An agent at work in step `a`. */
async function work(bench: Bench, run: OwnedRun, reserved?: Amounts): Promise<void> {
  const steps = await bench.store.listWorkflowSteps(run.id)
  if (steps.length === 0) await bench.append(run, started('a', 1))
  await bench.append(run, {
    type: 'agent.started',
    payload: {
      stepKey: 'a',
      attempt: 1,
      agent: 'claude',
      name: 'a',
      sessionId: randomUUID(),
      model: null,
      sessionFilePath: 'a.jsonl',
      resumed: false,
      ...(reserved === undefined ? {} : { reserved }),
    },
  })
}

function agentFailed(message = 'no'): NewJournalEvent {
  return { type: 'agent.failed', payload: { stepKey: 'a', error: failure(message) } }
}

function raised(
  scope: 'tree' | 'day',
  id: string,
  detail: Amounts,
  lifted: readonly BudgetLimit[] = [],
): NewJournalEvent {
  return { type: 'budget.raised', payload: { detail, by: 'ada', shared: { scope, id, lifted, key: null } } }
}

function limited(
  provider: string,
  resetAt: string,
  more: Partial<EventPayloads['provider.limited']> = {},
): NewJournalEvent {
  return {
    type: 'provider.limited',
    payload: { stepKey: 'a', provider, account: null, model: null, resetAt, ...more },
  }
}

function forkOf(run: OwnedRun): NonNullable<EventPayloads['run.created']['forkedFrom']> {
  return { runId: run.id, throughSequence: 0, beganAt: '2026-01-01T00:00:00.000Z' } as never
}
