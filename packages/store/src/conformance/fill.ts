import type { IWorkflowStore } from '../contract/index.ts'
import type { Bench } from './Bench.ts'
import { completed, failure, received, requested, runCompleted, started, usage } from './events.ts'

/** One of everything. Answers the runs: finished, waiting for an answer, owned, waiting for a time, not started. */
export async function fill(bench: Bench) {
  const { store, projectId } = bench
  const { prompt } = await store.registerPrompt({
    projectId,
    name: 'reply',
    systemPromptText: 'Answer.',
    modelName: 'large',
    generationConfig: { temperature: 0, b: 1, a: 2 },
    templateVariables: ['lead'],
    outputSchema: null,
    filePath: 'reply.md',
    contentHash: 'p',
  })
  await store.setPromptLabel({ projectId, name: 'reply', label: 'production', version: 1 })
  await store.registerWorkflow({
    projectId,
    name: 'graph',
    description: 'A graph',
    filePath: null,
    config: { z: 1, a: [null] },
    source: 'nodes',
    bundle: '',
    contentHash: 'g',
    lockHash: 'lock',
    triggers: [
      { kind: 'event', event: 'lead.created' },
      { kind: 'cron', cron: '0 3 * * *' },
    ],
    nodes: [{ nodeId: 'score', name: 'Score', promptId: prompt.id, stepConfig: { x: 1 } }],
  })
  const session = await store.ensureSession({ projectId, name: 'chat', agentName: 'claude' })
  const text = JSON.stringify('x'.repeat(70_000))
  const blob = { hash: await store.putBlob(Buffer.from(text)), bytes: Buffer.byteLength(text) }

  const finished = await bench.startRun({
    sessionId: session.id,
    taskInput: 'Say \0 "hi"',
    tags: { team: 'a' },
  })
  bench.clock.ms += 10
  await bench.append(finished, started('a', 1, { input: { n: [1.5, null] } }), started('b', 2))
  await bench.append(
    finished,
    { type: 'comment.added', payload: { key: 'c', stepKey: 'a', message: 'A remark', metadata: {} } },
    { type: 'usage.recorded', payload: usage({ stepKey: 'a', callId: 'call-1' }) },
    completed('a', { blob }, { rawOutput: 'raw' }),
    { type: 'state.set', payload: { key: 's', name: 'k', value: { deep: true } } },
    {
      type: 'message.added',
      payload: { sessionId: session.id, role: 'user', text: 'Hello', messageType: 'note', by: null },
    },
    {
      type: 'step.failed',
      payload: { key: 'b', attempt: 1, error: failure('no'), durationMs: 1 },
    },
    {
      type: 'workspace.created',
      payload: {
        workspaceId: 'ws',
        hostId: 'host',
        kind: 'worktree',
        path: '/w',
        branch: 'b',
        persistent: true,
        git: { branch: 'b' },
      },
    },
  )
  bench.clock.ms += 10
  await bench.append(finished, runCompleted({ json: { b: 1, a: 2 } }))
  await store.appendWorkflowLog([
    {
      run_id: finished.id,
      step_id: `${finished.id}.3.0`,
      level: 'info',
      message: 'line',
      data: { q: 1, p: 2 },
    },
    { run_id: finished.id, step_id: null, level: 'warn', message: 'run line', data: null },
  ])

  const waiting = await bench.startRun({ startAt: bench.now })
  await bench.append(waiting, started('w', 1), completed('w'), requested('ship'))
  await store.appendFromOutside(waiting.id, received('mail-1'))
  await bench.park(waiting)
  const timer = await bench.startRun()
  await bench.park(timer, { wakeAt: '2026-01-01T01:00:00.000Z' })
  const late = await store.createWorkflowRun(bench.newRun({ startAt: '2026-02-01T00:00:00.000Z' }))
  const owned = await bench.startRun()
  await bench.append(owned, started('open', 1))
  return { finished: finished.id, waiting: waiting.id, owned: owned.id, timer: timer.id, late: late.run.id }
}

/** Everything that a store says of a run. */
export async function everythingOf(store: IWorkflowStore, runId: string) {
  // Who holds a run now is no part of it: a copy is held by nobody (ST82).
  const { worker_id: _held, ...run } = await store.getWorkflowRun(runId)
  return {
    run,
    events: await store.listWorkflowEvents({ runId }),
    steps: await store.listWorkflowSteps(runId),
    attempts: await store.listExecutionLogs({ runId, sort: 'executed_at' }),
    outputs: await store.getCompletedDagNodeOutputs(runId),
    logs: await store.listWorkflowLogs({ runId }),
    comments: await store.listComments(runId),
    usage: await store.listLlmUsage({ runId }),
    approvals: await store.listApprovals({ runId }),
    messages: await store.listMessages({ runId }),
  }
}

/** Everything that a store holds beside runs. */
export async function catalogue(store: IWorkflowStore, { projectId, workflowId }: Bench) {
  return {
    projects: await store.listProjects(),
    workflows: await store.listWorkflows({}),
    versions: await store.listWorkflowVersions(workflowId),
    prompts: await store.listPromptVersions(projectId, 'reply'),
    labels: await store.listPromptLabels(projectId, 'reply'),
    triggers: await store.listTriggers({}),
    schedules: await store.listSchedules({}),
    sessions: (await store.listSessions({})).items,
    workspaces: await store.listWorkspaces(projectId),
  }
}
