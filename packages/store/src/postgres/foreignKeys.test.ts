import { beforeEach, describe, expect, test } from 'vitest'
import { administer, freshDatabase } from '../../test/postgres/databases.ts'

let database = ''
const run = (statement: string): Promise<Record<string, unknown>[]> =>
  administer(`set search_path to holdfast; ${statement}`, database)
const ask = (statement: string): Promise<Record<string, unknown>[]> =>
  administer(statement.replaceAll(/ (from|update) /g, ' $1 holdfast.'), database)

beforeEach(async () => {
  database = await freshDatabase()
  await run(`
    insert into projects (id, name, path) values ('p', 'p', '/p');
    insert into sessions (id, project_id, name) values ('chat', 'p', 'chat');
    insert into workflow_definitions (id, project_id, name, content_hash) values ('w', 'p', 'w', 'h');
    insert into workflow_versions (id, workflow_id, version, source, bundle, content_hash) values ('v', 'w', 1, '', '', 'h');
    insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, session_id)
      values ('r', 'p', 'w', 'w', 'do it', 'chat');
    insert into workflow_steps (id, run_id, step_key, step_number, name, kind) values ('r.1.0', 'r', 'a', 1, 'a', 'run');
    update workflow_runs set current_workflow_step_id = 'r.1.0';
    insert into workflow_events (run_id, sequence, event_type, payload) values ('r', 1, 'run.created', '{}');
    insert into execution_logs (id, workflow_id, run_id, step_id, status) values ('r.2.0', 'w', 'r', 'r.1.0', 'SUCCESS');
    insert into agent_sessions (id, run_id, workflow_step_id, name, agent, session_file_path)
      values ('r.3.0', 'r', 'r.1.0', 'n', 'claude', 'f');
    insert into llm_usage (id, run_id, step_id, agent_session_id, provider, model) values ('r.4.0', 'r', 'r.1.0', 'r.3.0', 'x', 'y');
    insert into workflow_logs (id, run_id, step_id, sequence, message) values ('l', 'r', 'r.1.0', 1, 'm');
    insert into workflow_comments (id, run_id, step_id, message) values ('r.5.0', 'r', 'r.1.0', 'm');
    insert into approvals (id, run_id, approval_key, step_id, name, title) values ('r.7.0', 'r', 'k', 'r.1.0', 'n', 't');
    insert into messages (id, session_id, run_id, role, text_content) values ('r.8.0', 'chat', 'r', 'user', 'hi');
    insert into checkpoints (id, run_id, step_id, taken_when, tree_id, commit_hash, ref) values ('r.9.0', 'r', 'r.1.0', 'after', 't', 'c', 'f');
    insert into workspaces (id, project_id, host_id, kind, path) values ('ws', 'p', 'h', 'project', '.');
  `)
})

const count = async (table: string): Promise<[string, unknown]> => [
  table,
  (await ask(`select count(*)::integer as n from ${table}`))[0]?.['n'],
]
const BELOW_STEP = ['execution_logs', 'agent_sessions', 'workflow_logs', 'workflow_comments', 'checkpoints']
const BELOW_RUN = [...BELOW_STEP, 'workflow_steps', 'workflow_events', 'llm_usage', 'approvals', 'messages']

describe('foreign keys', () => {
  test('[PG4] deleting a project, a run or a step takes along what is below it', async () => {
    await run('delete from workflow_steps')
    for (const table of BELOW_STEP) expect(await count(table)).toEqual([table, 0])
    expect(await ask('select step_id, agent_session_id from llm_usage')).toEqual([
      { step_id: null, agent_session_id: null },
    ])
    expect(await ask('select current_workflow_step_id as current from workflow_runs')).toEqual([
      { current: null },
    ])
    await run('delete from workflow_runs')
    for (const table of BELOW_RUN) expect(await count(table)).toEqual([table, 0])
    expect(await count('sessions')).toEqual(['sessions', 1])
  })

  test('[PG4] deleting a project takes everything, though its workflow has runs', async () => {
    await run('delete from projects')
    for (const table of [...BELOW_RUN, 'workflow_runs', 'workflow_definitions', 'workflow_versions'])
      expect(await count(table)).toEqual([table, 0])
    for (const table of ['sessions', 'workspaces']) expect(await count(table)).toEqual([table, 0])
  })

  test('[PG4] a workflow with runs cannot be deleted, and checks refuse what cannot be', async () => {
    await expect(run('delete from workflow_definitions')).rejects.toThrow('foreign key')
    const set = (column: string, value: string) => run(`update workflow_runs set ${column} = ${value}`)
    await expect(set('status', "'lost'")).rejects.toThrow('valid_status')
    await expect(set('duration_ms', '-1')).rejects.toThrow('valid_duration')
    await expect(set('input_tokens', '-1')).rejects.toThrow('valid_tokens')
    await expect(set('project_id', "'none'")).rejects.toThrow('foreign key')
    await expect(run("update workflow_steps set status = 'lost'")).rejects.toThrow('valid_step_status')
    await run("update workflow_runs set duration_ms = 2999, git_branch = 'main', final_commit_hash = 'c1'")
    expect(
      await ask('select run_id, user_message, branch_name, commit_sha, duration_seconds from workflow_runs'),
    ).toEqual([
      {
        run_id: 'r',
        user_message: 'do it',
        branch_name: 'main',
        commit_sha: 'c1',
        duration_seconds: '2',
      },
    ])
  })
})
