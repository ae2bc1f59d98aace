import { Client } from 'pg'

/**
 * Fills an empty store in PostgreSQL with the same runs as {@link fillSqlite}, and lets the server count them as its own
 * housekeeping would by then.
 */
export async function fillPostgres(address: string, runs: number): Promise<void> {
  const client = new Client({ connectionString: address, options: '-c search_path=holdfast' })
  await client.connect()
  try {
    await client.query(`begin;
      set local synchronous_commit = off;
      insert into projects (id, name, path) values ('p1', 'large', '/large'), ('p2', 'small', '/small');
      insert into workflow_definitions (id, project_id, name, content_hash)
        select 'w' || w, case when w < 4 then 'p1' else 'p2' end, 'workflow-' || w, 'h' from generate_series(0, 4) as w`)
    await client.query(
      `insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, started_at,
          completed_at, created_at, updated_at, duration_ms, input, output, result, git_branch, cost_estimate, metadata)
        select lpad(to_hex(i), 8, '0') || '-0000-7000-8000-' || lpad(to_hex((i::bigint * 2654435761) % 281474976710655), 12, '0'),
          case when w = 4 then 'p2' else 'p1' end, 'w' || w, 'workflow-' || w, 'Do the thing number ' || i,
          case when i % 1000 = 999 then 'waiting' when i % 25 = 7 then 'failed' else 'completed' end,
          at, case when i % 1000 = 999 then null else at end, at, at,
          case when i % 1000 = 999 then null else i % 60000 end, '{"feature":"search"}', '"done"', 'Done.',
          case when i % 2 = 0 then 'feat/' || (i % 400) end, (i % 500) / 100.0,
          case when i % 200 = 3 then '{"tags":{"team":"a"}}' else '{}' end::jsonb
        from generate_series(0, $1::int - 1) as i,
          lateral (select case when i % 100 = 0 then 4 else i % 4 end as w, to_timestamp(1700000000 + i * 20) as at) as of`,
      [runs],
    )
    await client.query('commit')
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
