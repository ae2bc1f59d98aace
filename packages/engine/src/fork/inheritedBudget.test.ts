import { expect, it } from 'vitest'
import { JournalIndex } from '../journal/JournalIndex.ts'
import { inheritedBudget, inheritedNote } from './inheritedBudget.ts'
import type { ForkPoint } from './readForkPoint.ts'

it('[EB7] a fork goes on with what was spent and raised before its step, and says so; without anything it begins anew', () => {
  const index = new JournalIndex()
  const after = [{ type: 'step.started', payload: { activeMs: 7000 } }]
  const point = { index, after } as unknown as ForkPoint
  expect(inheritedBudget(point)).toBeNull()
  const call = { stepKey: 'a', inputTokens: 10, outputTokens: 5, costUsd: 0.4, callId: null }
  index.spending.apply({ type: 'usage.recorded', payload: call } as never)
  index.spending.apply({ type: 'budget.raised', payload: { detail: { usd: 2 }, by: null } } as never)
  const carried = inheritedBudget(point)!
  expect(carried).toEqual({
    spent: { usd: 0.4, tokens: 15, turns: 1, wallMs: 7000 },
    raised: { usd: 2 },
    lifted: [],
  })
  expect(inheritedNote(carried, 'b')).toContain('spent before "b": $0.4000, 15 tokens, 1 model calls')
})
