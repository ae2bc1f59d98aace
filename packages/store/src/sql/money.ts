import type { Amounts } from '@holdfast/workflow-sdk/journal'
import type {
  AgentEnd,
  MoneyStore,
  ProviderLimit,
  SharedBudgetQuery,
  SharedBudgetSums,
} from '../contract/index.ts'
import { LONGEST_QUOTA_MS, standing } from '../money/standing.ts'
import { sharedSums, type Reservation, type Spent } from '../money/sums.ts'
import type { BudgetGrantColumns, ProviderLimitColumns } from '../projection/rows.ts'
import { all, first, type Script } from './Script.ts'
import { raw, sql, type Statement } from './statement.ts'

const SUMS = `coalesce(cast(sum(usage.cost) as double precision), 0) as usd,
  coalesce(cast(sum(usage.total_tokens) as bigint), 0) as tokens, count(*) as turns,
  count(*) - count(usage.cost) as unknown`

interface SumRow {
  readonly usd: number | string
  readonly tokens: number | string
  readonly turns: number | string
  readonly unknown: number | string
}

/** What a shared budget has spent, holds back and was granted. */
export function* readSharedBudget(query: SharedBudgetQuery): Script<SharedBudgetSums> {
  const inScope =
    query.scope === 'tree'
      ? sql`run.root_run_id = ${query.rootRunId}`
      : sql`run.project_id = ${query.projectId}`
  // `cross join` keeps SQLite at this order: from the few runs of a tree, or from the calls of the time.
  const [outer, inner] =
    query.scope === 'tree'
      ? ['workflow_runs as run', 'llm_usage as usage']
      : ['llm_usage as usage', 'workflow_runs as run']
  const from = `select ${SUMS} from ${outer} cross join ${inner} where run.id = usage.run_id and `
  const usage = yield* first<SumRow>(sql`${raw(from)}${inScope}${timeOf(query)}`)
  const grants = yield* all<Pick<BudgetGrantColumns, 'limit_name' | 'millionths'>>(
    sql`select limit_name, millionths from budget_grants where scope = ${query.scope} and scope_id = ${scopeId(query)}`,
  )
  const { unknown = 0, ...spent } = usage === null ? {} : amounts(usage)
  return sharedSums(
    { usd: 0, tokens: 0, turns: 0, ...spent, unknownCalls: unknown },
    yield* reservations(query, inScope),
    grants,
  )
}

function timeOf(query: SharedBudgetQuery): Statement {
  return query.scope === 'tree'
    ? raw('')
    : sql` and usage.created_at >= ${query.from} and usage.created_at < ${query.to}`
}

/** Under which grants of a shared budget are kept. */
function scopeId(query: SharedBudgetQuery): string {
  return query.scope === 'tree' ? query.rootRunId : `${query.projectId}/${query.day}`
}

/** Agents at work: of each step the newest session, as long as somebody holds its run. */
function* reservations(query: SharedBudgetQuery, inScope: Statement): Script<Reservation[]> {
  const rows = yield* all<{ readonly reserved: string } & SumRow>(
    sql`${raw(`select session.id, cast(session.reserved as text) as reserved, ${SUMS}
  from agent_sessions as session
  join workflow_runs as run on run.id = session.run_id
  join workflow_steps as step on step.id = session.workflow_step_id
  left join llm_usage as usage on usage.agent_session_id = session.id
  where session.reserved is not null and session.status = 'running' and run.owner_token is not null
  and step.status = 'running' and not exists (select 1 from agent_sessions as later
    where later.workflow_step_id = session.workflow_step_id and later.started_at > session.started_at) and `)}${inScope}
  and run.id <> ${query.exceptRunId ?? ''} group by session.id, cast(session.reserved as text)`,
  )
  return rows.map((row) => ({ reserved: JSON.parse(row.reserved) as Amounts, spent: amounts(row) }))
}

function amounts(row: SumRow): Spent & { readonly unknown: number } {
  return {
    usd: Number(row.usd),
    tokens: Number(row.tokens),
    turns: Number(row.turns),
    unknown: Number(row.unknown),
  }
}

/** Quotas that hold at a time. */
export function* listProviderLimits({
  provider,
  now,
}: Parameters<MoneyStore['listProviderLimits']>[0]): Script<ProviderLimit[]> {
  const since = new Date(Date.parse(now) - LONGEST_QUOTA_MS).toISOString()
  const which = provider === undefined ? raw('') : sql` and provider = ${provider}`
  const rows = yield* all<ProviderLimitColumns>(
    sql`select * from provider_limits where created_at > ${since}${which}`,
  )
  return standing(rows, now)
}

/** The last turns of an agent that ended. */
export function* listAgentEnds({
  projectId,
  agent,
  since,
  limit,
}: Parameters<MoneyStore['listAgentEnds']>[0]): Script<AgentEnd[]> {
  const rows = yield* all<{
    readonly run_id: string
    readonly status: AgentEnd['status']
    readonly error: string | null
    readonly completed_at: string
  }>(
    sql`select session.run_id, session.status, cast(session.error as text) as error, session.completed_at
      from agent_sessions as session join workflow_runs as run on run.id = session.run_id
      where session.agent = ${agent} and session.completed_at > ${since} and run.project_id = ${projectId}
        and session.completed_at >= run.created_at
      order by session.completed_at desc, session.id desc limit ${limit}`,
  )
  return rows.map(({ run_id, status, error, completed_at }) => ({
    runId: run_id,
    agent,
    status,
    error: error === null ? null : (JSON.parse(error) as AgentEnd['error']),
    at: completed_at,
  }))
}
