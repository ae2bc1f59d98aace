import type { UsageGroup, UsageQuery, UsageSum } from '../contract/index.ts'
import { inOrder } from '../lists/usageOrder.ts'
import { all, type Script, type ScriptRunner } from './Script.ts'
import { raw, sql, where } from './statement.ts'

const SUMS = ['input', 'output', 'cached_read', 'cached_write', 'reasoning', 'total'].map(
  (name) => `cast(sum(usage.${name}_tokens) as bigint) as ${name}_tokens`,
)

/** Every run below one, and itself. */
const TREE = `with recursive tree(id) as (
  select id from workflow_runs where id = `

/** Model calls summed by group, the dearest first. */
export function* sumUsage(query: UsageQuery, dialect: ScriptRunner['dialect']): Script<UsageSum[]> {
  const { key, label } = columns(query.groupBy, dialect)
  const { projectId, runId, rootRunId, from, to } = query
  const tree =
    rootRunId === undefined
      ? raw('')
      : sql`${raw(TREE)}${rootRunId}${raw(`
  union all select child.id from workflow_runs as child join tree on child.parent_run_id = tree.id) `)}`
  const conditions = [
    ...(projectId === undefined ? [] : [sql`run.project_id = ${projectId}`]),
    ...(runId === undefined ? [] : [sql`usage.run_id = ${runId}`]),
    ...(rootRunId === undefined ? [] : [raw('usage.run_id in (select id from tree)')]),
    ...(from === undefined ? [] : [sql`usage.created_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`usage.created_at < ${to}`]),
  ]
  const rows = yield* all<{ readonly [column in keyof UsageSum]: string | number | null }>(
    sql`${tree}${raw(`select ${key} as key, ${label} as label, count(*) as calls, ${SUMS.join(', ')},
  cast(sum(usage.cost) as double precision) as cost,
  count(*) - count(usage.cost) as cost_unknown_calls
  from llm_usage as usage
  join workflow_runs as run on run.id = usage.run_id
  left join workflow_steps as step on step.id = usage.step_id
  left join agent_sessions as session on session.id = usage.agent_session_id`)}${where(conditions)}${raw(
      ' group by 1, 2',
    )}`,
  )
  return inOrder(rows.map(decode))
}

function columns(
  group: UsageGroup,
  dialect: ScriptRunner['dialect'],
): { readonly key: string; readonly label: string } {
  const same = (key: string): { readonly key: string; readonly label: string } => ({ key, label: key })
  switch (group) {
    case 'run':
      return same('usage.run_id')
    case 'step':
      return { key: 'usage.step_id', label: 'step.name' }
    case 'agent':
      return same('session.agent')
    case 'model':
      return same('usage.model')
    case 'workflow':
      return same('run.workflow_name')
    case 'project':
      return same('run.project_id')
    case 'day':
      return same(
        dialect === 'sqlite'
          ? 'substr(usage.created_at, 1, 10)'
          : "to_char(usage.created_at at time zone 'UTC', 'YYYY-MM-DD')",
      )
  }
}

function decode(row: { readonly [column in keyof UsageSum]: string | number | null }): UsageSum {
  return {
    key: row.key === null ? null : String(row.key),
    label: row.label === null ? null : String(row.label),
    calls: Number(row.calls),
    input_tokens: Number(row.input_tokens),
    output_tokens: Number(row.output_tokens),
    cached_read_tokens: Number(row.cached_read_tokens),
    cached_write_tokens: Number(row.cached_write_tokens),
    reasoning_tokens: Number(row.reasoning_tokens),
    total_tokens: Number(row.total_tokens),
    cost: row.cost === null ? null : Math.round(Number(row.cost) * 1e6) / 1e6,
    cost_unknown_calls: Number(row.cost_unknown_calls),
  }
}
