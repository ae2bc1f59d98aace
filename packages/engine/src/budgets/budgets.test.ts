import type { BudgetExcess, EventPayloads } from '@holdfast/workflow-sdk/journal'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../testing/TestClock.ts'
import { Budgets } from './Budgets.ts'
import { readBudgetChoice } from './choice.ts'
import { Spending } from './Spending.ts'

const call = (stepKey: string, costUsd: number | null, callId: string | null = null) =>
  ({
    type: 'usage.recorded',
    payload: {
      stepKey,
      provider: 'p',
      model: 'm',
      inputTokens: 10,
      outputTokens: 5,
      cachedReadTokens: 0,
      cachedWriteTokens: 0,
      reasoningTokens: 0,
      costUsd,
      priceSource: null,
      latencyMs: null,
      callId,
    },
  }) as never
const excess = (more: Partial<BudgetExcess> = {}): BudgetExcess => ({
  scope: 'run',
  stepKey: 'a',
  limit: 'usd',
  budget: 1,
  allowed: 1,
  spent: 1.5,
  ...more,
})
const started = (key: string, attempt: number, activeMs: number) =>
  ({ type: 'step.started', payload: { key, attempt, activeMs } }) as never
const answer = (given: unknown, approved = true) =>
  ({ answer: given, approved }) as Parameters<Spending['answered']>[1]

describe('what the journal says of money', () => {
  it('[EB1] the same call counts once, in run, step and attempt; an unknown price is null and no dollars', () => {
    const spending = new Spending()
    spending.apply(started('a', 1, 0))
    for (const id of ['c1', 'c1', null, null]) spending.apply(call('a', 0.1, id))
    spending.apply(started('a', 2, 50))
    spending.apply(call('a', null, 'c2'))
    expect(spending.spent('run', 'usd', 0)).toBe(0.3)
    expect(spending.spent({ stepKey: 'a' }, 'tokens', 0)).toBe(60)
    expect(spending.spent({ stepKey: 'a' }, 'turns', 0)).toBe(4)
    expect(spending.spent({ stepKey: 'a' }, 'wallMs', 70)).toBe(70)
    expect(spending.spent({ stepKey: 'b' }, 'wallMs', 70)).toBe(0)
    expect(spending.ofAttempt('a')).toMatchObject({ costUsd: null, usage: { totalTokens: 15 } })
    expect(spending.ofAttempt('b')).toBeNull()
  })

  it('[EB1] a raise adds to the limit, a plain one from what is spent; a run that goes on hands both on', () => {
    const spending = new Spending()
    spending.apply(call('a', 1.5))
    const allowed = (): number => spending.allowed('run', { usd: 1 }, 'usd')
    const asked = (key: string, detail: BudgetExcess): void =>
      spending.apply({ type: 'budget.exceeded', payload: { key, detail } } as never)
    asked('q0', excess())
    spending.answered('other', answer('raise'))
    spending.answered('q0', answer({ choice: 'raise', usd: -1 }))
    spending.answered('q0', answer(null, false))
    expect(allowed()).toBe(1)
    spending.answered('q0', answer(null))
    expect(allowed()).toBe(2.5)
    spending.apply({ type: 'budget.raised', payload: { detail: { usd: 0.5 }, by: null } } as never)
    expect(allowed()).toBe(3)
    const next = new Spending()
    next.began({ budget: spending.carry(7) } as EventPayloads['run.created'])
    expect(next.allowed('run', { usd: 1 }, 'usd')).toBe(3)
    expect(next.spent('run', 'usd', 0)).toBe(1.5)
    expect(next.spent('run', 'wallMs', 3)).toBe(10)
    asked('q1', excess({ scope: 'step', limit: 'turns' }))
    spending.answered('q1', answer('continue'))
    expect(spending.allowed({ stepKey: 'a' }, { turns: 1 }, 'turns')).toBe(Infinity)
    expect(spending.allowed('run', { turns: 1 }, 'turns')).toBe(1)
  })

  it.each([
    ['raise', { is: 'raise', amounts: [['usd', 1.5]] }],
    [
      { choice: 'raise', tokens: 5, usd: 2 },
      {
        is: 'raise',
        amounts: [
          ['tokens', 5],
          ['usd', 2],
        ],
      },
    ],
    ['stop', { is: 'stop' }],
    [{ choice: 'continue' }, { is: 'continue' }],
  ])('[EB2] the answer %j is read', (given, choice) => {
    expect(readBudgetChoice(answer(given), excess())).toEqual(choice)
  })

  it.each([['more'], [7], [{ choice: 'raise', usd: '2' }], [{ choice: 'raise', euros: 2 }]])(
    '[EB2] the answer %j does not fit',
    (given) => {
      expect(readBudgetChoice(answer(given), excess())).toMatchObject({ is: 'unfit' })
    },
  )
})

describe('who may spend at the moment', () => {
  const world = (budget: object) => {
    const clock = new TestClock()
    const began = clock.monotonic()
    const spending = new Spending()
    const written: unknown[] = []
    const budgets = new Budgets({
      index: { spending },
      facts: { definition: { budget } },
      deps: { sharedBudgets: { tree: null, day: null } },
      activeMs: () => clock.monotonic() - began,
      timer: (delayMs: number, fn: () => void) => clock.setTimer(delayMs, fn),
      journal: { add: (event: unknown) => written.push(event) },
    } as never)
    return { clock, spending, budgets, written }
  }

  it('[EB2] running time ends an agent when it is over, and one cannot begin then', async () => {
    const { clock, budgets } = world({ wallMs: 1000 })
    const stops: BudgetExcess[] = []
    const hold = await budgets.enter({ stepKey: 'a', budget: null, stop: (why) => stops.push(why) })
    expect('leave' in hold).toBe(true)
    await clock.advance(1000)
    expect(stops).toEqual([])
    await clock.advance(1)
    expect(stops).toMatchObject([{ scope: 'run', limit: 'wallMs', allowed: 1000, spent: 1001 }])
    expect(await budgets.enter({ stepKey: 'b', budget: null, stop: () => {} })).toMatchObject({
      limit: 'wallMs',
    })
  })

  it('[EB3] a reservation is no larger than what is left, and ends with its agent', async () => {
    const { spending, budgets } = world({ turns: 3 })
    const stop = (): void => {}
    const first = await budgets.enter({ stepKey: 'a', budget: { turns: 2 }, stop })
    const second = await budgets.enter({ stepKey: 'b', budget: { turns: 2 }, stop })
    expect('leave' in second).toBe(true)
    // Two and what was left, one, are reserved: a third finds nothing until one of them ends.
    const third = { stepKey: 'c', budget: null }
    expect(await budgets.enter({ ...third, stop })).toMatchObject({ scope: 'run', limit: 'turns', spent: 0 })
    let woken = 0
    budgets.whenRoom(third, () => woken++)
    spending.apply(call('a', 1))
    budgets.look()
    expect(woken).toBe(0)
    if ('leave' in first) first.leave()
    expect(woken).toBe(1)
  })

  it('[EB1] a budget in dollars says once that it cannot hold what has no price', () => {
    const { spending, budgets, written } = world({ usd: 1 })
    spending.apply(call('a', 0.1))
    budgets.look()
    expect(written).toEqual([])
    spending.apply(call('a', null))
    budgets.look()
    budgets.look()
    expect(written).toHaveLength(1)
  })
})
