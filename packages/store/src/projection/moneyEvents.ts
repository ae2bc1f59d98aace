import { BUDGET_LIMITS, type EventOf } from '@holdfast/workflow-sdk/journal'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import type { RowChange } from './changes.ts'
import { rowId } from './rowId.ts'

type MoneyEvent = EventOf<'budget.exceeded' | 'budget.raised' | 'provider.limited' | 'provider.released'>

/** What budgets and quotas leave in tables that other runs read. A run's own budget is its journal's alone. */
export function projectMoneyEvent(event: MoneyEvent): RowChange[] {
  switch (event.type) {
    case 'budget.exceeded':
      return []
    case 'budget.raised':
      return grants(event)
    case 'provider.limited': {
      const { provider, account, model, resetAt } = event.payload
      return [limit(event, { provider, account, model, resetAt, by: null })]
    }
    case 'provider.released':
      return [limit(event, { ...event.payload, model: null, resetAt: null })]
  }
}

/** One row for each limit; null as its amount: it holds no more. */
function grants(event: EventOf<'budget.raised'>): RowChange[] {
  const { detail, shared, by } = event.payload
  if (shared === undefined) return []
  return BUDGET_LIMITS.filter((name) => detail[name] !== undefined || shared.lifted.includes(name)).map(
    (name, index) => ({
      table: 'budget_grants',
      insert: {
        id: rowId(event, index),
        run_id: event.runId,
        scope: shared.scope,
        scope_id: columnText(shared.id),
        limit_name: name,
        millionths: shared.lifted.includes(name) ? null : Math.round((detail[name] ?? 0) * 1e6),
        granted_by: columnTextOrNull(by),
        created_at: event.timestamp,
      },
    }),
  )
}

function limit(
  event: EventOf<'provider.limited' | 'provider.released'>,
  row: {
    readonly provider: string
    readonly account: string | null
    readonly model: string | null
    readonly resetAt: string | null
    readonly by: string | null
  },
): RowChange {
  return {
    table: 'provider_limits',
    insert: {
      id: rowId(event),
      run_id: event.runId,
      provider: columnText(row.provider),
      account: columnTextOrNull(row.account),
      model: columnTextOrNull(row.model),
      reset_at: row.resetAt,
      released_by: columnTextOrNull(row.by),
      created_at: event.timestamp,
    },
  }
}
