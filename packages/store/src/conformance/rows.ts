import { expect } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { MessageRow } from '../contract/index.ts'
import type { Backend } from './Backend.ts'
import { completed, failure, runCompleted, started, usage } from './events.ts'
import { group, refusal } from './suite.ts'

/** Runs and what belongs to them. */
export function rowRules(backend: Backend): void {
  group(backend, 'rows', (rule) => {
    rule('[ST36] the status of a run follows its events', async (open) => {
      const bench = await open()
      const { run } = await bench.store.createWorkflowRun(bench.newRun({ tags: { team: 'a' } }))
      expect(run).toMatchObject({ status: 'pending', started_at: null, metadata: { tags: { team: 'a' } } })
      const [claim] = await bench.claim()
      const owned = { id: run.id, token: claim?.ownerToken ?? '' }
      bench.clock.ms += 1500
      await bench.append(owned, {
        type: 'run.updated',
        payload: { tag: { name: 'risk', value: 'low' }, logFilePath: 'x.log' },
      })
      await bench.append(owned, {
        type: 'run.updated',
        payload: { agentType: 'coder', aiModel: 'large', patch: 'p' },
      })
      await bench.append(owned, runCompleted({ json: 1 }))
      const over = await bench.store.getWorkflowRun(run.id)
      expect(over).toMatchObject({
        status: 'completed',
        output: 1,
        result: 'All done.',
        duration_ms: 1500,
        duration_seconds: 1,
        metadata: { tags: { team: 'a', risk: 'low' } },
        log_file_path: 'x.log',
        agent_type: 'coder',
        ai_model: 'large',
        waiting_for: null,
        user_message: 'Build the search',
        workflow_version: 1,
      })
      expect(
        Object.keys(over).filter((column) => column.startsWith('owner') || column.startsWith('last_')),
      ).toEqual([])
    })

    rule('[ST36] a run that was asked to stop stays cancelling until it is over', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const cancel = { type: 'run.cancel-requested', payload: { by: null, reason: 'timed_out' } } as const
      await bench.store.appendFromOutside(run.id, cancel)
      await bench.park(run)
      expect((await bench.store.getWorkflowRun(run.id)).status).toBe('cancelling')
      await bench.store.appendFromOutside(run.id, cancel)
      const [claim] = await bench.claim()
      expect(claim?.run.status).toBe('cancelling')
      const end: NewJournalEvent = {
        type: 'run.timed_out',
        payload: { cleanup: 'ran', activeMs: 5, error: failure('late') },
      }
      await bench.append({ id: run.id, token: claim?.ownerToken ?? '' }, end)
      expect(await bench.store.getWorkflowRun(run.id)).toMatchObject({
        status: 'timed_out',
        error_message: 'late',
      })
    })

    rule('[ST36] updateWorkflowRun appends the event that says the change', async (open) => {
      const bench = await open()
      const { run } = await bench.store.createWorkflowRun(bench.newRun())
      const update = (...given: Parameters<typeof bench.store.updateWorkflowRun>) =>
        bench.store.updateWorkflowRun(...given)
      expect(await update(run.id, { status: 'running' })).toMatchObject({
        status: 'running',
        started_at: bench.now,
      })
      expect(await bench.claim()).toEqual([])
      expect(await update(run.id, { status: 'running' })).toMatchObject({ status: 'running' })
      const diff = {
        added: 3,
        removed: 1,
        files: [{ path: 'a', added: 3, removed: 1, binary: false, renamedFrom: null }],
      }
      const facts = { repo: 'r', branch: 'main', initialCommit: 'c0', finalCommit: 'c1', prUrl: 'u', diff }
      expect(await update(run.id, { git: facts, tags: { a: 'b' } })).toMatchObject({
        git_repo: 'r',
        branch_name: 'main',
        commit_sha: 'c1',
        pr_url: 'u',
        git_diff_added_lines: 3,
        git_diff_removed_lines: 1,
        git_diff_files_changed: 1,
        git_diff_stats: { files: diff.files },
        metadata: { tags: { a: 'b' } },
      })
      await refusal(update(run.id, { output: 1 }), 'RUN_TRANSITION_INVALID')
      await refusal(update(run.id, { error: 'x' }), 'RUN_TRANSITION_INVALID')
      await refusal(update(run.id, { status: 'waiting' }), 'RUN_TRANSITION_INVALID')
      const over = await update(run.id, { status: 'completed', output: { n: 1 }, result: 'ok' })
      expect(over).toMatchObject({ status: 'completed', output: { n: 1 }, result: 'ok' })
      await refusal(update(run.id, { status: 'running' }), 'RUN_FINISHED')
      await refusal(update('nobody', { status: 'running' }), 'RUN_NOT_FOUND')
      expect(await bench.types(run.id)).toEqual([
        'run.created',
        'run.started',
        'run.updated',
        'run.updated',
        'run.completed',
      ])
    })

    rule('[ST36] while a worker holds the run, updating it needs the token', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const update = (...given: Parameters<typeof bench.store.updateWorkflowRun>) =>
        bench.store.updateWorkflowRun(...given)
      await refusal(update(run.id, { status: 'failed', error: 'x' }), 'OWNER_REQUIRED')
      await refusal(update(run.id, { status: 'failed', error: 'x' }, 'stale'), 'OWNERSHIP_LOST')
      expect((await update(run.id, { status: 'cancelling' })).status).toBe('cancelling')
      expect(await update(run.id, { status: 'cancelled', error: 'asked' }, run.token)).toMatchObject({
        error_message: 'asked',
      })
      for (const status of ['failed', 'timed_out'] as const) {
        const other = await bench.startRun()
        expect((await update(other.id, { status }, other.token)).error_message).toContain(status)
      }
      const paused = await bench.startRun()
      expect((await update(paused.id, { status: 'paused' }, paused.token)).status).toBe('paused')
      await update(paused.id, { status: 'running' })
      expect((await bench.claim()).map((claim) => claim.run.id)).toEqual([paused.id])
      await update(paused.id, { status: 'paused' })
      expect((await bench.types(paused.id)).at(-1)).toBe('run.pause-requested')
      expect((await update(paused.id, { status: 'killed' })).status).toBe('killed')
    })

    rule('[ST37] deleting a run takes everything below it along', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const events: NewJournalEvent[] = [
        started('a', 1),
        { type: 'usage.recorded', payload: usage({ stepKey: 'a' }) },
        { type: 'comment.added', payload: { key: 'c', stepKey: 'a', message: 'hm', metadata: null } },
        completed('a'),
      ]
      await bench.append(run, ...events)
      await bench.store.appendWorkflowLog([
        { run_id: run.id, step_id: `${run.id}.3.0`, level: 'info', message: 'x', data: null },
      ])
      await refusal(bench.store.deleteWorkflowRun(run.id), 'RUN_TRANSITION_INVALID')
      await refusal(bench.store.deleteWorkflow(bench.workflowId), 'DEFINITION_IN_USE')
      await bench.append(run, runCompleted())
      await bench.store.deleteWorkflowRun(run.id)
      await refusal(bench.store.getWorkflowRun(run.id), 'RUN_NOT_FOUND')
      await refusal(bench.store.deleteWorkflowRun(run.id), 'RUN_NOT_FOUND')
      const left = await Promise.all([
        bench.store.listWorkflowEvents({ runId: run.id }),
        bench.store.listWorkflowSteps(run.id),
        bench.store.listExecutionLogs({ runId: run.id }).then(({ items }) => items),
        bench.store.listLlmUsage({ runId: run.id }),
        bench.store.listComments(run.id),
        bench.store.listWorkflowLogs({ runId: run.id }),
      ])
      expect(left.flat()).toEqual([])
      await bench.store.deleteWorkflow(bench.workflowId)
      await refusal(bench.store.getWorkflow(bench.workflowId), 'RECORD_NOT_FOUND')
    })

    rule('[ST37] deleting a project takes definitions and runs along', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.store.deleteProject(bench.projectId)
      expect(await bench.store.findWorkflowRun(run.id)).toBeNull()
      expect(await bench.store.listWorkflows({})).toEqual([])
      await refusal(bench.append(run, started('a', 1)), 'RUN_NOT_FOUND')
    })

    rule(
      '[ST86] a message says who wrote it, for which step, and whether its agent has it and has answered',
      async (open) => {
        const bench = await open()
        const run = await bench.startRun()
        const session = await bench.store.ensureSession({
          projectId: bench.projectId,
          name: run.id,
          agentName: null,
        })
        const words = { sessionId: session.id, messageType: 'intervention' } as const
        const said = (text: string, id?: string) =>
          bench.store.appendFromOutside(run.id, {
            type: 'message.added',
            payload: { ...words, role: 'user', text, by: 'ada', ...(id === undefined ? {} : { id }) },
          })
        await bench.append(run, started('a', 1, { kind: 'agent' }))
        const [one, again, two] = [await said('one', 'x'), await said('one', 'x'), await said('two')]
        expect(again.first).toBe(one.first)
        const asked = {
          key: 'q',
          kind: 'question',
          name: 'q',
          title: 'Which?',
          body: '',
          revision: 1,
          hash: 'h',
          until: null,
          onTimeout: null,
          answerSchema: null,
          choices: [],
          stepKey: null,
        } as const
        await bench.append(
          run,
          {
            type: 'message.delivered',
            payload: { messages: [one.first], stepKey: 'a', sessionId: 'cli', how: 'live' },
          },
          {
            type: 'message.added',
            payload: {
              ...words,
              role: 'assistant',
              text: 'yes',
              messageType: 'answer',
              by: 'claude',
              stepKey: 'a',
            },
          },
          { type: 'approval.requested', payload: asked },
        )
        await bench.store.appendFromOutside(run.id, {
          type: 'approval.answered',
          payload: {
            key: 'q',
            revision: 1,
            approved: true,
            answer: { n: 1 },
            comment: 'as said',
            by: 'ada',
            how: 'person',
            sessionId: session.id,
          },
        })
        const rows = async () => await bench.store.listMessages({ sessionId: session.id })
        const brief = (row: MessageRow) => [
          row.text_content,
          row.author,
          row.delivery_state,
          row.step_id !== null,
        ]
        expect((await rows()).map(brief)).toEqual([
          ['one', 'ada', 'delivered', true],
          ['two', 'ada', 'queued', false],
          ['yes', 'claude', 'delivered', true],
          ['{"n":1}: as said', 'ada', 'delivered', false],
        ])
        await bench.append(run, {
          type: 'message.answered',
          payload: { messages: [one.first, two.first], stepKey: 'a' },
        })
        const states = (await rows()).map((row) => [row.delivery_state, row.answered_at !== null])
        expect(states.slice(0, 2)).toEqual([
          ['answered', true],
          ['answered', true],
        ])
        expect((await bench.store.getWorkflowRun(run.id)).session_id).toBe(session.id)
      },
    )

    rule('[ST38] what events tell of agents, places and people is listed', async (open) => {
      const bench = await open()
      const session = await bench.store.ensureSession({
        projectId: bench.projectId,
        name: 'chat',
        agentName: 'claude',
      })
      const run = await bench.startRun({ sessionId: session.id, sessionName: 'chat' })
      const agent = {
        stepKey: 'a',
        attempt: 1,
        agent: 'claude',
        name: 'plan',
        sessionId: null,
        model: null,
        sessionFilePath: 's.jsonl',
        resumed: true,
      }
      await bench.append(
        run,
        started('a', 1, { kind: 'agent' }),
        {
          type: 'workspace.created',
          payload: {
            workspaceId: 'ws',
            kind: 'worktree',
            path: 'wt',
            branch: 'b',
            hostId: 'host',
            persistent: false,
            git: { branch: 'b' },
          },
        },
        {
          type: 'checkpoint.taken',
          payload: { stepKey: 'a', when: 'before', treeId: 't', commit: 'c', ref: 'refs/x', exact: true },
        },
        { type: 'agent.started', payload: { ...agent, resumed: false } },
        { type: 'agent.started', payload: agent },
        { type: 'agent.updated', payload: { stepKey: 'a', sessionId: 'cli-1', model: 'large' } },
        { type: 'usage.recorded', payload: usage({ stepKey: 'a' }) },
        { type: 'agent.completed', payload: { stepKey: 'a', stopReason: 'end_turn' } },
        { type: 'agent.failed', payload: { stepKey: 'a', error: failure('late') } },
        {
          type: 'artifact.created',
          payload: {
            key: 'r',
            stepKey: 'a',
            agentSession: null,
            name: 'report',
            type: 'test_report',
            storagePath: 'r.xml',
            mimeType: 'text/xml',
            sizeBytes: 12,
            metadata: { ok: true },
          },
        },
        { type: 'comment.added', payload: { key: 'c', stepKey: null, message: 'fine', metadata: { n: 1 } } },
        { type: 'workspace.committed', payload: { workspaceId: 'ws', commit: 'c9' } },
      )
      await bench.store.appendFromOutside(run.id, {
        type: 'message.added',
        payload: { sessionId: null, role: 'user', text: 'hello', messageType: 'intervention', by: 'ada' },
      })
      await bench.append(run, {
        type: 'message.added',
        payload: { sessionId: null, role: 'assistant', text: 'hi', messageType: 'answer', by: null },
      })
      const [lost, agentSession] = await bench.store.listAgentSessions(run.id)
      expect(lost).toMatchObject({
        status: 'failed',
        resumed: false,
        completed_at: agentSession?.started_at,
        error: { message: expect.stringContaining('worker was gone') },
      })
      expect(agentSession).toMatchObject({
        status: 'completed',
        cli_session_id: 'cli-1',
        model: 'large',
        stop_reason: 'end_turn',
        resumed: true,
        error: null,
      })
      expect((await bench.store.listLlmUsage({ runId: run.id }))[0]?.agent_session_id).toBe(agentSession?.id)
      expect(await bench.store.listArtifacts(run.id)).toMatchObject([
        {
          name: 'report',
          type: 'test_report',
          size_bytes: 12,
          storage_type: 'filesystem',
          step_id: `${run.id}.3.0`,
        },
      ])
      expect(await bench.store.listComments(run.id)).toMatchObject([
        { message: 'fine', metadata: { n: 1 }, step_id: null },
      ])
      expect(await bench.store.listCheckpoints(run.id)).toMatchObject([
        { tree_id: 't', taken_when: 'before', exact: true },
      ])
      const messages = await bench.store.listMessages({ sessionId: session.id })
      expect(messages.map(({ text_content, delivery_state }) => [text_content, delivery_state])).toEqual([
        ['hello', 'queued'],
        ['hi', 'delivered'],
      ])
      expect(await bench.store.listMessages({ runId: run.id, after: messages[0]?.id ?? '' })).toEqual(
        messages.slice(1),
      )
      expect(await bench.store.getWorkspace('ws')).toMatchObject({
        last_commit: 'c9',
        persistent: false,
        status: 'ready',
      })
      expect(await bench.store.getWorkflowRun(run.id)).toMatchObject({
        workspace_id: 'ws',
        workspace_persistent: false,
        ai_model: 'large',
        agent_type: 'claude',
      })
      await bench.append(run, { type: 'workspace.cleaned', payload: { workspaceId: 'ws' } })
      await bench.store.markWorkspaceCleaned('ws')
      await refusal(bench.store.markWorkspaceCleaned('none'), 'RECORD_NOT_FOUND')
      expect(await bench.store.getWorkspace('ws')).toMatchObject({ status: 'cleaned', cleaned_at: bench.now })
      expect(await bench.store.listWorkspaces(bench.projectId)).toMatchObject([
        { status: 'cleaned', cleaned_at: bench.now },
      ])
      expect((await bench.store.getWorkflowRun(run.id)).workspace_cleaned_up).toBe(true)
      expect(await bench.store.getWorkspace('none')).toBeNull()
    })
  })
}
