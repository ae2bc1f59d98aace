import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunQuery } from '../contract/index.ts'
import { listAttempts } from '../sql/attempts.ts'
import { listAgentEnds, listProviderLimits, readSharedBudget } from '../sql/money.ts'
import { listLogs } from '../sql/recordQueries.ts'
import { listRuns } from '../sql/runQueries.ts'
import type { Script } from '../sql/Script.ts'
import type { Tables } from '../sql/tables.ts'
import type { Connection } from './Connection.ts'
import { kyselyOver } from './kysely.ts'
import { openDatabase } from './open.ts'

let db: Connection
beforeAll(async () => {
  db = await openDatabase({ path: ':memory:', busyTimeoutMs: 100 })
  // Enough that a list is not read as a whole. 1,000 runs are completed, one has failed.
  db.exec(`
    insert into projects (id, name, path) values ('p', 'p', '/p');
    insert into workflow_definitions (id, project_id, name, content_hash) values ('w', 'p', 'w', 'h');
    insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, git_branch, session_name, metadata)
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 1001)
      select 'r' || i, 'p', 'w', 'w', 'do it', case when i = 1 then 'failed' else 'completed' end, 'main', null,
        case when i % 2 = 0 then '{"tags":{"team":"a"}}' else '{}' end from n`)
})
afterAll(() => db.close())

/** What SQLite says of the statements of a script: how each finds its rows, and whether it sorts them. */
function plansOf(script: Script<unknown>): string[] {
  const plans: string[] = []
  let step = script.next()
  while (step.done !== true) {
    const text = step.value.text(() => '?')
    plans.push(planOf(text))
    step = script.next(db.all<object>(text, ...step.value.values))
  }
  return plans
}

function planOf(text: string): string {
  const lines = db.all<{ detail: string }>(`explain query plan ${text}`).map(({ detail }) => detail)
  return lines
    .filter((line) => !/^(CO-ROUTINE|SCAN some|SCAN tag|CORRELATED|LIST SUBQUERY)/.test(line))
    .join('; ')
}

/** Counting, then reading the first page. */
const runs = (query: RunQuery): string[] => plansOf(listRuns(query, 'sqlite'))

describe('lists of runs', () => {
  test.each<[string, RunQuery, string, string]>([
    ['all', {}, 'COVERING INDEX', 'SCAN workflow_runs USING INDEX idx_workflow_runs_created_at'],
    [
      'by start',
      { sort: '-started_at' },
      'COVERING INDEX',
      'SCAN workflow_runs USING INDEX idx_workflow_runs_started_at',
    ],
    ['status', { status: 'completed' }, 'COVERING INDEX', 'idx_workflow_runs_status_created_at (status=?)'],
    [
      'a rare status',
      { status: 'failed' },
      'COVERING INDEX',
      'idx_workflow_runs_status_created_at (status=?)',
    ],
    [
      'definition',
      { workflowId: 'w' },
      'COVERING INDEX',
      'idx_workflow_runs_workflow_id_created_at (workflow_id=?)',
    ],
    [
      'project',
      { projectId: 'p' },
      'COVERING INDEX',
      'idx_workflow_runs_project_id_created_at (project_id=?)',
    ],
    [
      'branch',
      { branch: 'main' },
      'COVERING INDEX',
      'idx_workflow_runs_git_branch_created_at (git_branch=?)',
    ],
    [
      'time',
      { from: '2026', to: '2027' },
      'COVERING INDEX',
      'idx_workflow_runs_created_at (created_at>? AND created_at<?)',
    ],
    [
      'project and status',
      { projectId: 'p', status: 'completed' },
      'COVERING INDEX idx_workflow_runs_project_id_status',
      'idx_workflow_runs_status_created_at (status=?)',
    ],
    [
      'definition by start',
      { workflowId: 'w', sort: '-started_at' },
      'COVERING INDEX',
      'SCAN workflow_runs USING INDEX idx_workflow_runs_started_at',
    ],
  ])('[SQ16] %s: an index has the order', (_, query, counted, read) => {
    const [count, page] = runs(query)
    expect(count).toContain(counted)
    expect(page).toContain(read)
    // Runs of one moment are sorted among themselves, never all of them.
    expect(page).not.toMatch(/TEMP B-TREE FOR ORDER BY/)
  })

  test('[SQ16] few runs that match several conditions are looked up and sorted', () => {
    const [count, page] = runs({ workflowId: 'w', status: 'failed' })
    expect(count).toContain(
      'COVERING INDEX idx_workflow_runs_workflow_id_status (workflow_id=? AND status=?)',
    )
    expect(page).toContain('idx_workflow_runs_workflow_id_status (workflow_id=? AND status=?)')
    expect(page).toContain('TEMP B-TREE FOR ORDER BY')
  })

  test('[SQ16] tags are looked for among the runs that have metadata', () => {
    const [count, page] = runs({ tags: { team: 'a' } })
    expect(count).toContain('idx_workflow_runs_metadata_gin')
    expect(page).toContain('idx_workflow_runs_metadata_gin')
  })

  test('[SQ16] a cursor begins where it points', () => {
    const first = listRuns({ status: 'completed' }, 'sqlite')
    let step = first.next()
    while (step.done !== true)
      step = first.next(
        db.all<object>(
          step.value.text(() => '?'),
          ...step.value.values,
        ),
      )
    const [, page] = runs({ status: 'completed', after: step.value.next ?? '' })
    expect(page).toContain('idx_workflow_runs_status_created_at (status=? AND created_at<?)')
  })
})

describe('money', () => {
  const time = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' }
  test('[SQ16] sums of shared budgets begin at the time or at the tree, quotas and failures at their own', () => {
    const day = { scope: 'day', projectId: 'p', day: '2026-01-01', ...time } as const
    const [calls, grants, reserved] = plansOf(readSharedBudget(day))
    expect(calls).toMatch(
      /^SEARCH usage USING INDEX idx_llm_usage_created_at \(created_at>\? AND created_at<\?\)/,
    )
    expect(grants).toContain('idx_budget_grants_scope (scope=? AND scope_id=?)')
    expect(reserved).toContain('session USING INDEX idx_agent_sessions_reserved')
    const [tree] = plansOf(readSharedBudget({ scope: 'tree', rootRunId: 'r1' }))
    expect(tree).toMatch(
      /^SEARCH run USING .*idx_workflow_runs_root_run_id .*SEARCH usage USING INDEX idx_llm_usage_run_id/,
    )
    const [limits] = plansOf(listProviderLimits({ provider: 'claude', now: time.to }))
    expect(limits).toContain('idx_provider_limits_provider_created_at (provider=? AND created_at>?)')
    const ends = { projectId: 'p', agent: 'claude', since: time.from, limit: 3 }
    const [turns] = plansOf(listAgentEnds(ends))
    expect(turns).toMatch(/^SEARCH session USING INDEX idx_agent_sessions_agent_completed_at/)
  })
})

describe('logs and attempts', () => {
  /** Plans of what a query through the query builder asks. */
  async function built(query: () => Promise<unknown>): Promise<string[]> {
    const texts: string[] = []
    const prepare = db.prepare.bind(db)
    db.prepare = (text) => {
      texts.push(text)
      return prepare(text)
    }
    try {
      await query()
    } finally {
      db.prepare = prepare
    }
    return texts.map(planOf)
  }

  test('[SQ16] log lines of a step since a number are found by the number', async () => {
    const kysely = kyselyOver<Tables>(db)
    const [step] = await built(() =>
      listLogs(kysely, { runId: 'r', stepId: 's', afterSequence: 5, limit: 10 }),
    )
    expect(step).toMatch(/^SEARCH workflow_logs USING INDEX \S+ \(step_id=\? AND sequence>\?\)$/)
    const [run] = await built(() => listLogs(kysely, { runId: 'r', stepId: null, afterSequence: 5 }))
    expect(run).toBe('SEARCH workflow_logs USING INDEX uq_workflow_logs_run (run_id=? AND sequence>?)')
  })

  test.each([
    ['all', {}, 'USING INDEX idx_execution_logs_executed_at'],
    [
      'workflow',
      { workflowId: 'w' },
      'USING INDEX idx_execution_logs_workflow_id_executed_at (workflow_id=?)',
    ],
    [
      'object',
      { triggeringObjectId: 'o' },
      'USING INDEX idx_execution_logs_triggering_object_id (triggering_object_id=?)',
    ],
    ['step', { stepId: 's' }, 'USING INDEX idx_execution_logs_step_id (step_id=?)'],
  ])('[SQ16] attempts: %s', (_, query, read) => {
    const [, page] = plansOf(listAttempts(query))
    expect(page).toContain(read)
  })
})
