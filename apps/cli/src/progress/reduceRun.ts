import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { withEntry, without } from './maps.ts'
import { reduceStep } from './reduceStep.ts'
import { addUsage, type QuestionProgress, type RunProgress } from './RunProgress.ts'

/**
 * The progress after one more event of the journal. Pure; events that progress does not show, also those of
 * newer versions, change the sequence only.
 */
export function reduceRun(before: RunProgress, event: JournalEvent): RunProgress {
  if (event.sequence <= before.sequence) return before
  const run: RunProgress = { ...before, sequence: event.sequence }
  switch (event.type) {
    case 'run.created':
      return { ...run, workflowName: event.payload.workflowName, createdAt: event.timestamp }
    case 'run.started':
    case 'run.resumed':
      return {
        ...run,
        status: run.status === 'cancelling' ? 'cancelling' : 'running',
        startedAt: run.startedAt ?? event.timestamp,
        waitingFor: null,
      }
    case 'run.parked':
      return { ...run, status: 'waiting', waitingFor: event.payload.waitingFor }
    case 'run.paused':
      return { ...run, status: 'paused' }
    case 'run.cancel-requested':
      return { ...run, status: 'cancelling', waitingFor: null }
    case 'run.updated':
      return { ...run, branch: event.payload.git?.branch ?? run.branch }
    case 'workspace.created':
      return {
        ...run,
        branch: event.payload.git.branch ?? event.payload.branch ?? run.branch,
        workspacePath: event.payload.path,
      }
    case 'run.completed':
      return { ...ended(run, event, 'completed'), result: event.payload.result }
    case 'run.failed':
      return { ...ended(run, event, 'failed'), error: event.payload.error }
    case 'run.timed_out':
      return { ...ended(run, event, 'timed_out'), error: event.payload.error }
    case 'run.cancelled':
      return { ...ended(run, event, 'cancelled'), error: event.payload.error }
    case 'run.killed':
      return ended(run, event, 'killed')
    case 'wait.started': {
      const { key, kind, detail, until } = event.payload
      return {
        ...run,
        waits: withEntry(run.waits, key, { key, kind, detail, until, since: event.timestamp }),
      }
    }
    case 'event.received':
    case 'child.completed':
      return due(run)
    case 'message.added':
      return event.payload.role === 'user' && event.payload.messageType !== 'workflow_start' ? due(run) : run
    case 'run.resume-requested':
      return due(run.status === 'paused' ? { ...run, status: 'waiting' } : run)
    case 'wait.satisfied':
      return { ...run, waits: without(run.waits, event.payload.key) }
    case 'approval.requested':
      return { ...run, questions: withEntry(run.questions, event.payload.key, questionOf(event.payload)) }
    case 'approval.answered':
    case 'approval.withdrawn':
      return due({ ...run, questions: without(run.questions, event.payload.key) })
    case 'usage.recorded':
      return { ...reduceStep(run, event), usage: addUsage(run.usage, event.payload) }
    default:
      return reduceStep(run, event)
  }
}

/** Something came that a parked run goes on with: it waits for a worker now, and for nobody else. */
function due(run: RunProgress): RunProgress {
  return run.waitingFor === null ? run : { ...run, waitingFor: null }
}

/** Nothing is open any more when a run is over. */
function ended(run: RunProgress, event: JournalEvent, status: RunProgress['status']): RunProgress {
  return {
    ...run,
    status,
    endedAt: event.timestamp,
    waitingFor: null,
    waits: new Map(),
    questions: new Map(),
  }
}

function questionOf(payload: EventOf<'approval.requested'>['payload']): QuestionProgress {
  const { key, kind, name, title, body, revision, choices, answerSchema, stepKey, until } = payload
  return { key, kind, name, title, body, revision, choices, answerSchema, stepKey, until }
}
