import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import type { RunQuery } from '../contract/index.ts'
import { readSharedBudget } from '../sql/money.ts'
import { listLogs } from '../sql/recordQueries.ts'
import { listRuns } from '../sql/runQueries.ts'
import type { Tables } from '../sql/tables.ts'
import { kyselyOn } from './database.ts'
import { dueRuns, type Rows } from './line.ts'
import { runScript } from './scriptRunner.ts'

let client: pg.Client
/** Plans of the statements since the last look, one text each. */
let plans: string[] = []

beforeAll(async () => {
  client = new pg.Client({
    connectionString: urlOf(await freshDatabase()),
    options: '-c search_path=holdfast',
  })
  await client.connect()
  // Mostly runs that are over; each condition of a list matches few or many of them, as in a store that is years old.
  await client.query(`
    insert into projects (id, name, path) values ('p1', 'p1', '/p1'), ('p2', 'p2', '/p2');
    insert into workflow_definitions (id, project_id, name, content_hash)
      select 'w' || i, 'p' || (i / 4 + 1), 'w' || i, 'h' from generate_series(0, 4) as i;
    insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, git_branch, metadata, created_at, started_at, due_at, host_id)
      select 'r' || i, 'p' || (w / 4 + 1), 'w' || w, 'w' || w, 'do it',
        case when i % 1000 = 999 then 'waiting' when i % 25 = 7 then 'failed' else 'completed' end,
        case when i % 2 = 0 then 'feat/' || i % 400 end,
        case when i % 4000 = 3 then '{"tags":{"team":"a"}}' else '{}' end::jsonb,
        timestamptz '2026-01-01' + i * interval '20 s', timestamptz '2026-01-01' + i * interval '20 s',
        case when i % 1000 = 999 then timestamptz '2026-02-01' end, case when i % 2000 = 999 then 'h' end
      from generate_series(0, 19999) as i, lateral (select case when i % 100 = 0 then 4 else i % 4 end as w) as of;
    insert into workflow_steps (id, run_id, step_key, step_number, name, kind)
      select 's' || i, 'r' || i, 'k', 1, 'k', 'run' from generate_series(0, 99) as i;
    insert into workflow_logs (id, run_id, step_id, sequence, message)
      select 'l' || i, 'r' || i % 100, case when i % 3 > 0 then 's' || i % 100 end, i, 'said' from generate_series(0, 9999) as i;
    insert into llm_usage (id, run_id, provider, model, cost, created_at)
      select 'u' || i, 'r' || i, 'p', 'm', 0.1, timestamptz '2026-01-01' + i * interval '1 min' from generate_series(0, 19999) as i;
    analyze`)
})
afterAll(() => client.end())

/** Answers statements, and keeps how the server finds their rows. */
const rows: Rows = {
  rows: async <T extends object>(text: string, ...values: readonly unknown[]): Promise<T[]> => {
    const { rows: lines } = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`, [...values])
    plans.push(lines.map((line) => line['QUERY PLAN']).join('\n'))
    return (await client.query<T>(text, [...values])).rows
  },
}

async function plansOf(read: () => Promise<unknown>): Promise<string[]> {
  plans = []
  await read()
  return plans
}

describe('how the server finds rows', () => {
  test.each<[string, RunQuery, RegExp]>([
    ['all', {}, /Index Scan Backward using idx_workflow_runs_created_at/],
    ['by start', { sort: '-started_at' }, /Index Scan Backward using idx_workflow_runs_started_at/],
    ['a common status', { status: 'completed' }, /Index Scan Backward using idx_workflow_runs_/],
    ['a rare status', { status: 'waiting' }, /idx_workflow_runs_status/],
    ['definition', { workflowId: 'w1' }, /Index Scan Backward using idx_workflow_runs_/],
    ['a rare definition', { workflowId: 'w4' }, /idx_workflow_runs_workflow_id/],
    ['project', { projectId: 'p1' }, /Index Scan Backward using idx_workflow_runs_/],
    ['branch', { branch: 'feat/4' }, /idx_workflow_runs_git_branch/],
    [
      'time',
      { from: '2026-01-02T00:00:00.000Z', to: '2026-01-02T01:00:00.000Z' },
      /idx_workflow_runs_created_at[\s\S]*Index Cond/,
    ],
    ['a rare mark in the metadata', { tags: { team: 'a' } }, /idx_workflow_runs_metadata_gin/],
  ])('[PG16] runs %s: the page comes out of an index', async (_, query, read) => {
    const [, page] = await plansOf(() => runScript(rows, listRuns(query, 'postgres')))
    expect(page).toMatch(read)
    expect(page).not.toContain('Seq Scan')
  })

  test('[PG16] log lines of a step since a number', async () => {
    const db = kyselyOn<Tables>({
      query: (text: string, values: unknown[]) =>
        rows.rows(text, ...values).then((found) => ({ rows: found })),
    } as unknown as pg.PoolClient)
    const [step] = await plansOf(() =>
      listLogs(db, { runId: 'r1', stepId: 's1', afterSequence: 9000, limit: 10 }),
    )
    expect(step).toMatch(/uq_workflow_logs_step[\s\S]*Index Cond: .*step_id.*sequence/)
    expect(step).not.toContain('Seq Scan')
    const [run] = await plansOf(() => listLogs(db, { runId: 'r3', stepId: null, afterSequence: 9000 }))
    expect(run).toMatch(/uq_workflow_logs_run/)
    expect(run).not.toContain('Seq Scan')
  })

  test('[PG16] calls of a day, and of a tree of runs', async () => {
    const from = '2026-01-05T00:00:00.000Z'
    const day = {
      scope: 'day',
      projectId: 'p1',
      day: '2026-01-05',
      from,
      to: '2026-01-05T02:00:00.000Z',
    } as const
    const [calls] = await plansOf(() => runScript(rows, readSharedBudget(day)))
    expect(calls).toMatch(/idx_llm_usage_created_at[\s\S]*Index Cond/)
    expect(calls).not.toContain('Seq Scan on llm_usage')
    await client.query(`update workflow_runs set root_run_id = id; analyze workflow_runs`)
    const [tree] = await plansOf(() => runScript(rows, readSharedBudget({ scope: 'tree', rootRunId: 'r7' })))
    expect(tree).toMatch(/idx_workflow_runs_root_run_id/)
    expect(tree).toMatch(/idx_llm_usage_run_id/)
  })

  test('[PG16] due runs of each place', async () => {
    const claim = { places: [null, 'h'], now: '2026-03-01T00:00:00.000Z', limit: 5, lock: false }
    const found = await plansOf(() => dueRuns(rows, claim))
    expect(found).toHaveLength(2)
    for (const plan of found) {
      expect(plan).toContain('idx_workflow_runs_queue')
      expect(plan).not.toContain('Seq Scan')
    }
  })
})
