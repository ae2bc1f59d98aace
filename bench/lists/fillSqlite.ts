import { DatabaseSync } from 'node:sqlite'

/**
 * Fills a SQLite store with runs that are over, but for a few: two projects, five workflows, 200 branches.
 * Rows only, no journals: lists look at nothing else.
 */
export function fillSqlite(path: string, runs: number): void {
  const db = new DatabaseSync(path)
  db.exec(`pragma synchronous = off; begin;
    insert into projects (id, name, path) values ('p1', 'large', '/large'), ('p2', 'small', '/small');
    insert into workflow_definitions (id, project_id, name, content_hash)
      select 'w' || value, case when value < 4 then 'p1' else 'p2' end, 'workflow-' || value, 'h'
      from json_each('[0, 1, 2, 3, 4]')`)
  db.prepare(
    `insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, started_at,
        completed_at, created_at, updated_at, duration_ms, input, output, result, git_branch, cost_estimate, metadata)
      with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < ?),
        r as (select i, case when i % 100 = 0 then 4 else i % 4 end as w,
          strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + i * 20, 'unixepoch') as at from n)
      select printf('%08x-0000-7000-8000-%012x', i, (i * 2654435761) % 281474976710655),
        case when w = 4 then 'p2' else 'p1' end, 'w' || w, 'workflow-' || w, 'Do the thing number ' || i,
        case when i % 1000 = 999 then 'waiting' when i % 25 = 7 then 'failed' else 'completed' end,
        at, case when i % 1000 = 999 then null else at end, at, at,
        case when i % 1000 = 999 then null else i % 60000 end, '{"feature":"search"}', '"done"', 'Done.',
        case when i % 2 = 0 then 'feat/' || (i % 400) end, (i % 500) / 100.0,
        case when i % 200 = 3 then '{"tags":{"team":"a"}}' else '{}' end
      from r`,
  ).run(runs)
  db.exec('commit')
  db.close()
}
