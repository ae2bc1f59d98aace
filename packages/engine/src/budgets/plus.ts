import type { Amounts } from '@holdfast/workflow-sdk/journal'

type Spent = Required<Omit<Amounts, 'wallMs'>>

/** Two sums together, money with six places. */
export function plus(a: Spent, b: Spent): Spent {
  return {
    usd: Math.round((a.usd + b.usd) * 1e6) / 1e6,
    tokens: a.tokens + b.tokens,
    turns: a.turns + b.turns,
  }
}
