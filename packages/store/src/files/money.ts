import type { Amounts } from '@holdfast/workflow-sdk/journal'
import type { AgentEnd, MoneyStore, SharedBudgetQuery } from '../contract/index.ts'
import { standing } from '../money/standing.ts'
import { sharedSums, type Reservation, type Spent } from '../money/sums.ts'
import type { UsageColumns } from '../projection/rows.ts'
import type { Member } from './Member.ts'
import type { RunState } from './RunState.ts'
import { usedSomething } from './usageSums.ts'

/** What workers tell each other about money and quotas, on files. Journals are read of runs that have something of it. */
export function moneyCalls(member: Member): MoneyStore {
  const { runs } = member
  const states = (which: (run: RunState['run'], digest: Digest) => boolean): RunState[] =>
    runs
      .all()
      .filter(({ trouble, run, digest }) => trouble === null && which(run, digest))
      .flatMap(({ run }) => runs.state(run.id) ?? [])
  return {
    readSharedBudget: async (query) =>
      await member.read(() => {
        const isInside = (run: RunState['run']): boolean =>
          query.scope === 'tree' ? run.root_run_id === query.rootRunId : run.project_id === query.projectId
        const used = states((run) => isInside(run) && (usedSomething(run) || run.agent_type !== null))
        const calls = used.flatMap((state) => [...state.tables.llm_usage.values()].filter(isIn(query)))
        const scopeId = query.scope === 'tree' ? query.rootRunId : `${query.projectId}/${query.day}`
        const grants = states((_run, digest) => (digest.grants ?? 0) > 0)
          .flatMap((state) => [...state.tables.budget_grants.values()])
          .filter((row) => row.scope === query.scope && row.scope_id === scopeId)
        const working = used.filter(({ run }) => run.owner_token !== null && run.id !== query.exceptRunId)
        return sharedSums(spentBy(calls), working.flatMap(reservationsOf), grants)
      }),
    listProviderLimits: async ({ provider, now }) =>
      await member.read(() =>
        standing(
          states((_run, digest) => (digest.limits ?? 0) > 0)
            .flatMap((state) => [...state.tables.provider_limits.values()])
            .filter((row) => provider === undefined || row.provider === provider),
          now,
        ),
      ),
    listAgentEnds: async ({ projectId, agent, since, limit }) =>
      await member.read(() =>
        states((run) => run.project_id === projectId && run.agent_type !== null && run.updated_at > since)
          .flatMap(({ run, tables }) =>
            [...tables.agent_sessions.values()].filter((row) => (row.completed_at ?? '') >= run.created_at),
          )
          .filter((row) => row.agent === agent && (row.completed_at ?? '') > since)
          .toSorted(
            (a, b) => (b.completed_at ?? '').localeCompare(a.completed_at ?? '') || (a.id < b.id ? 1 : -1),
          )
          .slice(0, limit)
          .map((row) => ({
            runId: row.run_id,
            agent,
            status: row.status as AgentEnd['status'],
            error: row.error === null ? null : (JSON.parse(row.error) as AgentEnd['error']),
            at: row.completed_at ?? '',
          })),
      ),
  }
}

type Digest = ReturnType<Member['runs']['all']>[number]['digest']

function isIn(query: SharedBudgetQuery): (usage: UsageColumns) => boolean {
  if (query.scope === 'tree') return () => true
  return ({ created_at }) => created_at >= query.from && created_at < query.to
}

function spentBy(calls: readonly UsageColumns[]): Spent & { readonly unknownCalls: number } {
  const sum = { usd: 0, tokens: 0, turns: calls.length, unknownCalls: 0 }
  for (const { cost, total_tokens } of calls) {
    sum.usd += cost ?? 0
    sum.tokens += total_tokens
    if (cost === null) sum.unknownCalls++
  }
  return sum
}

/** Of each step at work the newest session. */
function reservationsOf({ tables }: RunState): Reservation[] {
  const newest = new Map([...tables.agent_sessions.values()].map((one) => [one.workflow_step_id, one]))
  return [...newest.values()].flatMap(({ id, status, reserved, workflow_step_id }) => {
    const isAtWork = status === 'running' && tables.workflow_steps.get(workflow_step_id)?.status === 'running'
    if (reserved === null || !isAtWork) return []
    const calls = [...tables.llm_usage.values()].filter((usage) => usage.agent_session_id === id)
    return [{ reserved: JSON.parse(reserved) as Amounts, spent: spentBy(calls) }]
  })
}
