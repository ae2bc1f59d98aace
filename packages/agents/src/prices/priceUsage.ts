import type { AgentUsage } from '@holdfast/workflow-sdk/ports'
import { ANTHROPIC_PRICE_SOURCE, anthropicCostUsd } from './anthropic.ts'
import { PRICE_LISTS, type TokenPrice } from './lists.ts'

/** Prices of the project's own by model; they go before everything else. */
export type PriceOverrides = Readonly<Record<string, TokenPrice>>

/**
 * Gives usage its price: the project's own, else what the agent said, else the list price. What none of them knows
 * stays unknown (null), never 0.
 */
export function priceUsage(overrides: PriceOverrides = {}): (usage: AgentUsage) => AgentUsage {
  return (usage) => {
    const own = Object.hasOwn(overrides, usage.model) ? overrides[usage.model] : undefined
    const owned = own === undefined ? null : costUsd(own, usage)
    if (owned !== null) return { ...usage, costUsd: owned, priceSource: 'config' }
    return usage.costUsd === null ? { ...usage, ...listed(usage) } : usage
  }
}

function listed(usage: AgentUsage): Pick<AgentUsage, 'costUsd' | 'priceSource'> {
  for (const { name, models } of PRICE_LISTS) {
    for (const model of [usage.model, usage.model.replace(/-\d{4}-\d{2}-\d{2}$/, '')]) {
      const price = Object.hasOwn(models, model) ? models[model] : undefined
      const cost = price === undefined ? null : costUsd(price, usage)
      if (cost !== null) return { costUsd: cost, priceSource: name }
    }
  }
  // What Anthropic takes for writing to the cache depends on how long it is kept, which is not known here.
  const tokens = { ...usage, cachedWriteOneHourTokens: 0 }
  const cost = usage.cachedWriteTokens === 0 ? anthropicCostUsd(usage.model, tokens) : null
  return { costUsd: cost, priceSource: cost === null ? null : ANTHROPIC_PRICE_SOURCE }
}

/** Null when the price says nothing about something that was used. */
function costUsd(price: TokenPrice, usage: AgentUsage): number | null {
  const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = usage
  const size = inputTokens + cachedReadTokens + cachedWriteTokens
  const { input, output, cacheRead, cacheWrite } =
    price.long !== undefined && size > price.long.above ? price.long : price
  if (cacheRead === undefined && cachedReadTokens > 0) return null
  if (cacheWrite === undefined && cachedWriteTokens > 0) return null
  const millionths =
    inputTokens * input +
    outputTokens * output +
    cachedReadTokens * (cacheRead ?? 0) +
    cachedWriteTokens * (cacheWrite ?? 0)
  return millionths / 1_000_000
}
