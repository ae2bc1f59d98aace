import type { AgentUsage } from '@holdfast/workflow-sdk/ports'
import { ANTHROPIC_PRICE_SOURCE, anthropicCostUsd } from '../prices/anthropic.ts'
import type { Fields } from '../programs/fields.ts'
import type { ClaudeResult } from './events.ts'
import { addTokens, isNothing, restTokens } from '../programs/tokenCounts.ts'
import { NO_TOKENS, fromApiUsage, fromModelUsage, toCounts, type ClaudeTokens } from './tokens.ts'

/** Tokens and cost of one model, or of all together. `costUsd` null: unknown. */
export interface ClaudeTotal {
  readonly tokens: ClaudeTokens
  readonly costUsd: number | null
}

/**
 * Counts what the model calls of one process used. Invariants:
 * 1. Each call is reported once, under its message id, when its final numbers are known.
 * 2. After {@link UsageLedger.close} the reports add up to what the results said, to the token; the
 *    part that no call accounted for (sub-agents, the program's own small calls) is reported as one
 *    closing record per model.
 */
export class UsageLedger {
  readonly #report: (usage: AgentUsage) => void
  readonly #calls = new Map<string, Call>()
  readonly #reported = new Map<string, ClaudeTotal>()
  readonly #results: ClaudeResult[] = []
  #requestedAt: number | null = null

  constructor(report: (usage: AgentUsage) => void) {
    this.#report = report
  }

  /** The program sends a request now (`at`: milliseconds of a monotonic clock). */
  requesting(at: number): void {
    this.#requestedAt = at
  }

  /** A call began to answer, or went on: the first numbers of its message. */
  started(messageId: string, model: string, usage: Fields, at: number): void {
    if (messageId === '' || model === SYNTHETIC || this.#calls.has(messageId)) return
    this.#calls.set(messageId, { model, usage, startedAt: this.#requestedAt ?? at, done: false })
    this.#requestedAt = null
  }

  /** The final numbers of a call, which may leave out what the first ones said. */
  finished(messageId: string, usage: Fields, at: number): void {
    const call = this.#calls.get(messageId)
    if (call === undefined || call.done) return
    call.done = true
    this.#record(messageId, call.model, fromApiUsage({ ...call.usage, ...usage }), at - call.startedAt)
  }

  /** A call found in the program's own session file, with final numbers. */
  recovered(messageId: string, model: string, usage: Fields): void {
    const call = this.#calls.get(messageId)
    if (model === SYNTHETIC || call?.done === true) return
    this.#calls.set(messageId, { model, usage, startedAt: 0, done: true })
    this.#record(messageId, model, fromApiUsage({ ...call?.usage, ...usage }), null)
  }

  /** A turn ended. One process may end several, e.g. when a background task reports back. */
  result(result: ClaudeResult): void {
    this.#results.push(result)
  }

  /** Whether a result gave the totals. */
  get hasTotals(): boolean {
    return this.#results.length > 0
  }

  /**
   * Reports what is still open and answers the totals. Without a result they are the sum of the calls;
   * one that was cut off counts with its first numbers.
   */
  close(): ClaudeTotal {
    if (this.#results.length === 0) {
      for (const [id, call] of this.#calls) {
        if (!call.done) this.#record(id, call.model, fromApiUsage(call.usage), null)
      }
      return sum([...this.#reported.values()])
    }
    const totals = totalsByModel(this.#results)
    this.#closeModels(totals)
    return sum([...totals.values()])
  }

  #closeModels(totals: ReadonlyMap<string, ClaudeTotal>): void {
    const last = this.#results.at(-1)
    // A call may carry another spelling of the model than the totals do; its numbers still count once.
    let unmatched = NO_TOKENS
    let unmatchedCost = 0
    for (const [model, { tokens, costUsd }] of this.#reported) {
      if (totals.has(model)) continue
      unmatched = addTokens(unmatched, tokens)
      unmatchedCost += costUsd ?? 0
    }
    for (const [model, total] of totals) {
      const already = this.#reported.get(model) ?? { tokens: NO_TOKENS, costUsd: 0 }
      const beforeUnmatched = restTokens(total.tokens, already.tokens)
      const rest = restTokens(beforeUnmatched, unmatched)
      unmatched = restTokens(unmatched, beforeUnmatched)
      const open = total.costUsd === null ? null : total.costUsd - (already.costUsd ?? 0)
      const costUsd = open === null ? null : Math.max(0, open - unmatchedCost)
      if (open !== null) unmatchedCost = Math.max(0, unmatchedCost - open)
      if (isNothing(rest) && (costUsd ?? 0) < SMALLEST_USD) continue
      this.#report({
        ...toCounts(rest),
        provider: 'anthropic',
        model,
        costUsd,
        priceSource: costUsd === null ? null : 'claude-code',
        latencyMs: null,
        callId: `${last?.uuid ?? ''}:${model}`,
      })
    }
  }

  #record(messageId: string, model: string, tokens: ClaudeTokens, latencyMs: number | null): void {
    const costUsd = anthropicCostUsd(model, tokens)
    const before = this.#reported.get(model)
    this.#reported.set(model, before === undefined ? { tokens, costUsd } : sum([before, { tokens, costUsd }]))
    this.#report({
      ...toCounts(tokens),
      provider: 'anthropic',
      model,
      costUsd,
      priceSource: costUsd === null ? null : ANTHROPIC_PRICE_SOURCE,
      latencyMs: latencyMs === null ? null : Math.round(latencyMs),
      callId: messageId,
    })
  }
}

/** Both together; the cost is unknown when one of them is. */
export function addTotals(a: ClaudeTotal, b: ClaudeTotal): ClaudeTotal {
  return {
    tokens: addTokens(a.tokens, b.tokens),
    costUsd: a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd,
  }
}

interface Call {
  readonly model: string
  readonly usage: Fields
  readonly startedAt: number
  done: boolean
}

/** Model of messages that the program makes up itself, to show an error. */
const SYNTHETIC = '<synthetic>'
/** Money is kept with six places. */
const SMALLEST_USD = 0.000_000_5

/**
 * `total_cost_usd` and `modelUsage` run on across resumed sessions (2.1.329), so the numbers since the
 * last result decide; older versions lack them and count per process.
 */
function totalsByModel(results: readonly ClaudeResult[]): Map<string, ClaudeTotal> {
  const totals = new Map<string, ClaudeTotal>()
  const add = (model: string, total: ClaudeTotal): void => {
    const before = totals.get(model)
    totals.set(model, before === undefined ? total : sum([before, total]))
  }
  for (const [index, result] of results.entries()) {
    if (result.usageSinceLastResult === null) {
      const costSoFar = results[index - 1]?.totalCostUsd ?? 0
      const costUsd = result.totalCostUsd === null ? null : result.totalCostUsd - costSoFar
      add('claude', { tokens: fromApiUsage(result.usage), costUsd })
      continue
    }
    for (const [model, usage] of Object.entries(result.usageSinceLastResult)) {
      const costUsd = typeof usage['costUSD'] === 'number' ? usage['costUSD'] : null
      add(model, { tokens: fromModelUsage(usage), costUsd })
    }
  }
  return totals
}

function sum(parts: readonly ClaudeTotal[]): ClaudeTotal {
  return parts.reduce(addTotals, { tokens: NO_TOKENS, costUsd: 0 })
}
