import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** A fresh database of one dialect, for raw SQL. */
export interface RawDatabase {
  /** Runs statements that take and answer nothing. */
  exec(statements: string): Promise<void>
  /** The rows of a query. */
  ask(query: string): Promise<readonly object[]>
  close(): Promise<void>
}

const ROWS = `
  insert into projects (id, name, path) values ('p', 'p', '/p');
  insert into sessions (id, project_id, name) values ('chat', 'p', 'chat');
  insert into workflow_definitions (id, project_id, name, content_hash) values ('w', 'p', 'w', 'h');
  insert into workflow_versions (id, workflow_id, version, source, bundle, content_hash) values ('v', 'w', 1, '', '', 'h');
  insert into prompt_definitions (id, project_id, name, system_prompt_text, content_hash) values ('pr', 'p', 'n', 't', 'h');
  insert into prompt_labels (project_id, name, label, prompt_id) values ('p', 'n', 'production', 'pr');
  insert into workflow_nodes (id, workflow_id, version_id, node_id, step_order, name, prompt_id) values ('n', 'w', 'v', 'a', 1, 'A', 'pr');
  insert into triggers (id, workflow_id, kind, cron, time_zone) values ('t', 'w', 'cron', '* * * * *', 'UTC');
  insert into schedules (id, trigger_id, workflow_id) values ('sc', 't', 'w');
  insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, session_id)
    values ('r', 'p', 'w', 'w', 'do it', 'chat');
  insert into workflow_steps (id, run_id, step_key, step_number, name, kind) values ('r.1.0', 'r', 'a', 1, 'a', 'run');
  update workflow_runs set current_workflow_step_id = 'r.1.0';
  insert into workflow_events (run_id, sequence, event_type, payload) values ('r', 1, 'run.created', '{}');
  insert into execution_logs (id, workflow_id, run_id, step_id, node_id, status) values ('r.2.0', 'w', 'r', 'r.1.0', 'n', 'SUCCESS');
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
  insert into budget_grants (id, run_id, scope, scope_id, limit_name) values ('r.10.0', 'r', 'tree', 'r', 'usd');
  insert into provider_limits (id, run_id, provider) values ('r.11.0', 'r', 'x');
  insert into workspaces (id, project_id, host_id, kind, path) values ('ws', 'p', 'h', 'project', '.');
`

const BELOW_STEP = [
  'execution_logs',
  'agent_sessions',
  'workflow_logs',
  'workflow_comments',
  'workflow_artifacts',
  'checkpoints',
]
const BELOW_RUN = [
  ...BELOW_STEP,
  'workflow_steps',
  'workflow_events',
  'llm_usage',
  'approvals',
  'messages',
  'budget_grants',
  'provider_limits',
]
const BELOW_WORKFLOW = ['workflow_versions', 'workflow_nodes', 'triggers', 'schedules']
const BELOW_PROJECT = [
  'workflow_runs',
  'workflow_definitions',
  'prompt_definitions',
  'prompt_labels',
  'sessions',
  'workspaces',
]

/** What raw SQL may delete and what goes along, in one dialect. */
export function foreignKeyTests(dialect: string, open: () => Promise<RawDatabase>): void {
  describe(`foreign keys of ${dialect}`, () => {
    let db: RawDatabase
    beforeEach(async () => {
      db = await open()
      await db.exec(ROWS)
    })
    afterEach(async () => await db.close())

    const count = async (table: string): Promise<number> =>
      Number(((await db.ask(`select count(*) as n from ${table}`))[0] as { n: number | string }).n)
    const counts = async (tables: readonly string[]): Promise<Record<string, number>> => {
      const found: Record<string, number> = {}
      for (const table of tables) found[table] = await count(table)
      return found
    }
    const none = (tables: readonly string[]) => Object.fromEntries(tables.map((table) => [table, 0]))

    test('[SQ9] deleting a project takes everything below it along', async () => {
      const below = [...BELOW_RUN, ...BELOW_WORKFLOW, ...BELOW_PROJECT]
      expect(Object.values(await counts(below))).toEqual(below.map(() => 1))
      await db.exec('delete from projects')
      expect(await counts(below)).toEqual(none(below))
    })

    test('[SQ9] a definition with runs cannot be deleted, without runs it takes what is below it along', async () => {
      await expect(db.exec('delete from workflow_definitions')).rejects.toThrow(/foreign key/i)
      await db.exec('delete from workflow_runs; delete from workflow_definitions')
      expect(await counts(BELOW_WORKFLOW)).toEqual(none(BELOW_WORKFLOW))
      expect(await count('prompt_definitions')).toBe(1)
    })

    test('[SQ9] a prompt that a node uses cannot be deleted, another takes its labels along', async () => {
      await expect(db.exec('delete from prompt_definitions')).rejects.toThrow(/foreign key/i)
      await db.exec('delete from workflow_nodes; delete from prompt_definitions')
      expect(await counts(['prompt_labels', 'execution_logs'])).toEqual({
        prompt_labels: 0,
        execution_logs: 1,
      })
      expect(await db.ask('select node_id from execution_logs')).toEqual([{ node_id: null }])
    })

    test('[SQ9] deleting a run takes everything below it along', async () => {
      await db.exec('delete from workflow_runs')
      expect(await counts(BELOW_RUN)).toEqual(none(BELOW_RUN))
      expect(await count('sessions')).toBe(1)
    })

    test('[SQ9] deleting a step takes its records along and keeps the run and what it cost', async () => {
      await db.exec('delete from workflow_steps')
      expect(await counts(BELOW_STEP)).toEqual(none(BELOW_STEP))
      expect(await db.ask('select current_workflow_step_id as current from workflow_runs')).toEqual([
        { current: null },
      ])
      expect(await db.ask('select step_id, agent_session_id from llm_usage')).toEqual([
        { step_id: null, agent_session_id: null },
      ])
      expect(await db.ask('select step_id from approvals')).toEqual([{ step_id: null }])
    })

    test('[SQ9] deleting an agent session takes its artifacts along', async () => {
      await db.exec('delete from agent_sessions')
      expect(await count('workflow_artifacts')).toBe(0)
    })

    test('[SQ9] deleting a session keeps the runs', async () => {
      await db.exec('delete from sessions')
      expect(await db.ask('select session_id from workflow_runs')).toEqual([{ session_id: null }])
      expect(await count('messages')).toBe(0)
    })

    test.each([
      ["workflow_runs set status = 'lost'", 'valid_status'],
      ['workflow_runs set duration_ms = -1', 'valid_duration'],
      ['workflow_runs set input_tokens = -1', 'valid_tokens'],
      ["workflow_steps set status = 'lost'", 'valid_step_status'],
      ["execution_logs set status = 'success'", 'valid_log_status'],
      ["prompt_definitions set status = 'lost'", 'valid_prompt_status'],
      ['triggers set cron = null', 'valid_trigger'],
      ['workflow_nodes set delay_minutes = -1', 'valid_delay'],
    ])('[SQ9] a check refuses update %s', async (update, check) => {
      await expect(db.exec(`update ${update}`)).rejects.toThrow(check)
    })

    test('[SQ9] what refers to nothing is refused', async () => {
      await expect(db.exec("update workflow_runs set project_id = 'none'")).rejects.toThrow(/foreign key/i)
    })

    test('[SQ9] generated columns follow what they are generated from', async () => {
      await db.exec(
        "update workflow_runs set duration_ms = 2999, git_branch = 'main', final_commit_hash = 'c1'",
      )
      const [row] = await db.ask(
        'select run_id, user_message, branch_name, commit_sha, cast(duration_seconds as integer) as seconds from workflow_runs',
      )
      expect(row).toEqual({
        run_id: 'r',
        user_message: 'do it',
        branch_name: 'main',
        commit_sha: 'c1',
        seconds: 2,
      })
    })
  })
}
