import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../sqlite/Connection.ts'
import { openDatabase } from '../sqlite/open.ts'

let db: Connection
beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', busyTimeoutMs: 100 })
  db.exec(`
    insert into projects (id, name, path) values ('p', 'p', '/p');
    insert into sessions (id, project_id, name, created_at) values ('chat', 'p', 'chat', '');
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
    insert into workflow_artifacts (id, run_id, step_id, agent_session_id, name, storage_path, mime_type, size_bytes)
      values ('r.6.0', 'r', null, 'r.3.0', 'n', 'p', 't', 1);
    insert into approvals (id, run_id, approval_key, step_id, name, title) values ('r.7.0', 'r', 'k', 'r.1.0', 'n', 't');
    insert into messages (id, session_id, run_id, role, text_content) values ('r.8.0', 'chat', 'r', 'user', 'hi');
    insert into checkpoints (id, run_id, step_id, taken_when, tree_id, commit_hash, ref) values ('r.9.0', 'r', 'r.1.0', 'after', 't', 'c', 'f');
    insert into workspaces (id, project_id, host_id, kind, path) values ('ws', 'p', 'h', 'project', '.');
  `)
})
afterEach(() => db.close())

const count = (table: string): number => db.get<{ n: number }>(`select count(*) as n from ${table}`)?.n ?? -1
const BELOW_STEP = [
  'execution_logs',
  'agent_sessions',
  'workflow_logs',
  'workflow_comments',
  'workflow_artifacts',
  'checkpoints',
]
const BELOW_RUN = [...BELOW_STEP, 'workflow_steps', 'workflow_events', 'llm_usage', 'approvals', 'messages']

describe('foreign keys', () => {
  test('[SQ9] deleting a project takes everything below it along', () => {
    db.exec('delete from projects')
    for (const table of [
      ...BELOW_RUN,
      'workflow_runs',
      'workflow_definitions',
      'workflow_versions',
      'sessions',
      'workspaces',
    ]) {
      expect([table, count(table)]).toEqual([table, 0])
    }
  })

  test('[SQ9] a definition with runs cannot be deleted, without runs it takes its versions along', () => {
    expect(() => db.exec('delete from workflow_definitions')).toThrow('FOREIGN KEY')
    db.exec('delete from workflow_runs; delete from workflow_definitions')
    expect(count('workflow_versions')).toBe(0)
  })

  test('[SQ9] deleting a run takes everything below it along', () => {
    db.exec('delete from workflow_runs')
    for (const table of BELOW_RUN) expect([table, count(table)]).toEqual([table, 0])
    expect(count('sessions')).toBe(1)
  })

  test('[SQ9] deleting a step takes its records along and keeps the run and what it cost', () => {
    db.exec('delete from workflow_steps')
    for (const table of BELOW_STEP) expect([table, count(table)]).toEqual([table, 0])
    expect(db.get('select current_workflow_step_id as current from workflow_runs')).toEqual({ current: null })
    expect(db.get('select step_id, agent_session_id from llm_usage')).toEqual({
      step_id: null,
      agent_session_id: null,
    })
    expect(db.get('select step_id from approvals')).toEqual({ step_id: null })
  })

  test('[SQ9] deleting a session keeps the runs', () => {
    db.exec('delete from sessions')
    expect(db.get('select session_id from workflow_runs')).toEqual({ session_id: null })
    expect(count('messages')).toBe(0)
  })

  test('[SQ9] checks refuse what cannot be', () => {
    const set = (column: string, value: string) => () =>
      db.exec(`update workflow_runs set ${column} = ${value}`)
    expect(set('status', "'lost'")).toThrow('valid_status')
    expect(set('duration_ms', '-1')).toThrow('valid_duration')
    expect(set('input_tokens', '-1')).toThrow('valid_tokens')
    expect(set('project_id', "'none'")).toThrow('FOREIGN KEY')
    expect(() => db.exec("update workflow_steps set status = 'lost'")).toThrow('valid_step_status')
    expect(() => db.exec("update execution_logs set status = 'success'")).toThrow('valid_log_status')
  })

  test('[SQ9] generated columns follow what they are generated from', () => {
    db.exec("update workflow_runs set duration_ms = 2999, git_branch = 'main', final_commit_hash = 'c1'")
    expect(
      db.get('select run_id, user_message, branch_name, commit_sha, duration_seconds from workflow_runs'),
    ).toEqual({
      run_id: 'r',
      user_message: 'do it',
      branch_name: 'main',
      commit_sha: 'c1',
      duration_seconds: 2,
    })
  })
})
