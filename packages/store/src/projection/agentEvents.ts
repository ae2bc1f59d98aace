import type { ErrorRecord } from '@holdfast/workflow-sdk'
import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import { gitColumns } from './gitFacts.ts'
import type { Known, SessionFacts } from './Known.ts'
import { rowId } from './rowId.ts'
import { jsonText, type AgentSessionColumns } from './rows.ts'
import { projectUsage } from './usageEvents.ts'

type AgentEvent = EventOf<'agent.started' | 'agent.updated' | 'agent.completed' | 'agent.failed'>
type PlaceEvent = EventOf<
  'usage.recorded' | 'workspace.created' | 'workspace.committed' | 'workspace.cleaned' | 'checkpoint.taken'
>

/** What events of agents, their usage, workspaces and checkpoints do. */
export function projectAgentEvent(event: AgentEvent | PlaceEvent, known: Known): RowChange[] {
  switch (event.type) {
    case 'usage.recorded':
      return projectUsage(event, known)
    case 'workspace.created':
      return workspaceCreated(event, known)
    case 'workspace.committed':
      return [
        { table: 'workspaces', id: event.payload.workspaceId, set: { last_commit: event.payload.commit } },
      ]
    case 'workspace.cleaned':
      return [
        {
          table: 'workspaces',
          id: event.payload.workspaceId,
          set: { status: 'cleaned', cleaned_at: event.timestamp },
        },
        runChange({ workspace_cleaned_up: true }),
      ]
    case 'checkpoint.taken':
      return checkpointTaken(event, known)
    case 'agent.started':
      return agentStarted(event, known)
    default:
      return agentChanged(event, known)
  }
}

function agentStarted(event: EventOf<'agent.started'>, known: Known): RowChange[] {
  const { stepKey, attempt, agent, name, sessionId, model, sessionFilePath, resumed, reserved } =
    event.payload
  const step = known.step(stepKey)
  if (step === null) return []
  const insert: AgentSessionColumns = {
    id: rowId(event),
    run_id: event.runId,
    workflow_step_id: step.id,
    attempt_number: attempt,
    name: columnText(name),
    agent: columnText(agent),
    cli_session_id: columnTextOrNull(sessionId),
    model: columnTextOrNull(model),
    status: 'running',
    session_file_path: columnText(sessionFilePath),
    resumed,
    stop_reason: null,
    error: null,
    started_at: event.timestamp,
    completed_at: null,
    reserved: reserved === undefined ? null : jsonText(reserved),
  }
  const { agent_type, ai_model } = known.run
  return [
    ...lostSession(event, known.runningSession(step.id)),
    { table: 'agent_sessions', insert },
    runChange({ agent_type: agent_type ?? insert.agent, ai_model: ai_model ?? insert.model }),
  ]
}

/** A step has one agent at a time: one whose end nobody told went with the process that watched it. */
function lostSession(event: EventOf<'agent.started'>, running: SessionFacts | null): RowChange[] {
  if (running === null) return []
  const error: ErrorRecord = {
    name: 'Error',
    code: null,
    message: 'Its worker was gone before it ended; the next session of the step goes on.',
    data: {},
    stack: null,
    cause: null,
  }
  const set = { status: 'failed', error: jsonText(error), completed_at: event.timestamp } as const
  return [{ table: 'agent_sessions', id: running.id, set }]
}

function agentChanged(event: Exclude<AgentEvent, EventOf<'agent.started'>>, known: Known): RowChange[] {
  const step = known.step(event.payload.stepKey)
  const session = step === null ? null : known.runningSession(step.id)
  if (session === null) return []
  const set = sessionColumns(event)
  const changes: RowChange[] = [{ table: 'agent_sessions', id: session.id, set }]
  if (known.run.ai_model === null && set.model !== undefined) changes.push(runChange({ ai_model: set.model }))
  return changes
}

function sessionColumns(event: Exclude<AgentEvent, EventOf<'agent.started'>>): Partial<AgentSessionColumns> {
  switch (event.type) {
    case 'agent.updated': {
      const { sessionId, model } = event.payload
      return {
        ...(sessionId === undefined ? {} : { cli_session_id: columnText(sessionId) }),
        ...(model === undefined ? {} : { model: columnText(model) }),
      }
    }
    case 'agent.completed':
      return {
        status: 'completed',
        stop_reason: columnText(event.payload.stopReason),
        completed_at: event.timestamp,
      }
    case 'agent.failed':
      return { status: 'failed', error: jsonText(event.payload.error), completed_at: event.timestamp }
  }
}

function workspaceCreated(event: EventOf<'workspace.created'>, known: Known): RowChange[] {
  const { workspaceId, kind, path, branch, hostId, persistent, git } = event.payload
  return [
    {
      table: 'workspaces',
      insert: {
        id: workspaceId,
        project_id: known.run.project_id,
        host_id: hostId,
        kind,
        path: columnText(path),
        branch: columnTextOrNull(branch),
        persistent,
        status: 'ready',
        last_commit: null,
        created_at: event.timestamp,
        cleaned_at: null,
      },
    },
    runChange({
      ...gitColumns(git),
      workspace_id: workspaceId,
      host_id: hostId,
      workspace_path: columnText(path),
      workspace_persistent: persistent,
      workspace_cleaned_up: false,
    }),
  ]
}

function checkpointTaken(event: EventOf<'checkpoint.taken'>, known: Known): RowChange[] {
  const { stepKey, when, treeId, commit, ref, exact } = event.payload
  return [
    {
      table: 'checkpoints',
      insert: {
        id: rowId(event),
        run_id: event.runId,
        step_id: known.step(stepKey)?.id ?? null,
        taken_when: when,
        tree_id: treeId,
        commit_hash: commit,
        ref,
        exact,
        created_at: event.timestamp,
      },
    },
  ]
}
