import type { UsageGroup, UsageQuery, UsageSum } from '../contract/index.ts'
import { inOrder } from '../lists/usageOrder.ts'
import type { UsageColumns } from '../projection/rows.ts'
import type { Member } from './Member.ts'
import type { RunState } from './RunState.ts'

/** Model calls summed by group, as the SQL backends answer it. Journals are read of runs that used something only. */
export function sumUsage({ runs }: Member, query: UsageQuery): UsageSum[] {
  const sums = new Map<string, UsageSum>()
  for (const id of runsOf(runs, query)) {
    const state = runs.state(id)
    if (state === null) continue
    for (const usage of state.tables.llm_usage.values()) {
      if (query.from !== undefined && usage.created_at < query.from) continue
      if (query.to !== undefined && usage.created_at >= query.to) continue
      const { key, label } = groupOf(query.groupBy, usage, state)
      const name = JSON.stringify([key, label])
      sums.set(name, plus(sums.get(name) ?? nothing(key, label), usage))
    }
  }
  return inOrder([...sums.values()])
}

function runsOf(runs: Member['runs'], { projectId, runId, rootRunId }: UsageQuery): string[] {
  const entries = runs.all().filter(({ trouble }) => trouble === null)
  const tree = rootRunId === undefined ? null : new Set([rootRunId])
  for (let before = 0; tree !== null && tree.size > before;) {
    before = tree.size
    for (const { run } of entries)
      if (run.parent_run_id !== null && tree.has(run.parent_run_id)) tree.add(run.id)
  }
  return entries.flatMap(({ run }) =>
    (projectId === undefined || run.project_id === projectId) &&
    (runId === undefined || run.id === runId) &&
    (tree === null || tree.has(run.id)) &&
    usedSomething(run)
      ? [run.id]
      : [],
  )
}

/** Whether a run called a model, as far as its row says. */
export function usedSomething(run: RunState['run']): boolean {
  return run.total_tokens > 0 || run.cost_estimate !== null || run.metadata.includes('cost_unknown_calls')
}

function groupOf(
  group: UsageGroup,
  usage: UsageColumns,
  { run, tables }: RunState,
): { readonly key: string | null; readonly label: string | null } {
  const same = (key: string | null): { readonly key: string | null; readonly label: string | null } => ({
    key,
    label: key,
  })
  switch (group) {
    case 'run':
      return same(run.id)
    case 'step': {
      const step = usage.step_id === null ? undefined : tables.workflow_steps.get(usage.step_id)
      return { key: usage.step_id, label: step?.name ?? null }
    }
    case 'agent': {
      const id = usage.agent_session_id
      return same(id === null ? null : (tables.agent_sessions.get(id)?.agent ?? null))
    }
    case 'model':
      return same(usage.model)
    case 'workflow':
      return same(run.workflow_name)
    case 'project':
      return same(run.project_id)
    case 'day':
      return same(usage.created_at.slice(0, 10))
  }
}

function nothing(key: string | null, label: string | null): UsageSum {
  return {
    key,
    label,
    calls: 0,
    input_tokens: 0,
    output_tokens: 0,
    cached_read_tokens: 0,
    cached_write_tokens: 0,
    reasoning_tokens: 0,
    total_tokens: 0,
    cost: null,
    cost_unknown_calls: 0,
  }
}

function plus(sum: UsageSum, usage: UsageColumns): UsageSum {
  return {
    ...sum,
    calls: sum.calls + 1,
    input_tokens: sum.input_tokens + usage.input_tokens,
    output_tokens: sum.output_tokens + usage.output_tokens,
    cached_read_tokens: sum.cached_read_tokens + usage.cached_read_tokens,
    cached_write_tokens: sum.cached_write_tokens + usage.cached_write_tokens,
    reasoning_tokens: sum.reasoning_tokens + usage.reasoning_tokens,
    total_tokens: sum.total_tokens + usage.total_tokens,
    cost: usage.cost === null ? sum.cost : Math.round(((sum.cost ?? 0) + usage.cost) * 1e6) / 1e6,
    cost_unknown_calls: sum.cost_unknown_calls + (usage.cost === null ? 1 : 0),
  }
}
