import type { JournalEvent } from '@holdfast/workflow-sdk'
import { projectAgentEvent } from './agentEvents.ts'
import { projectMoneyEvent } from './moneyEvents.ts'
import type { RowChange } from './changes.ts'
import type { Known } from './Known.ts'
import { projectPeopleEvent } from './peopleEvents.ts'
import { projectRunEvent } from './runEvents.ts'
import { projectStepEvent } from './stepEvents.ts'
import { projectStateEvent } from './stateEvents.ts'

/**
 * What one event does to the tables (J4): pure, over the closed union of events, the only place that says
 * so. `known` is the run as it is right before the event. An event of an unknown type, from a newer
 * version, does nothing.
 */
export function project(event: JournalEvent, known: Known): readonly RowChange[] {
  switch (event.type) {
    case 'run.created':
      return []
    case 'run.started':
    case 'run.resumed':
    case 'run.parked':
    case 'run.paused':
    case 'run.updated':
    case 'run.upgraded':
    case 'run.cancel-requested':
    case 'run.pause-requested':
    case 'run.resume-requested':
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
    case 'run.killed':
    case 'run.timed_out':
      return projectRunEvent(event, known)
    case 'step.started':
    case 'step.updated':
    case 'step.completed':
    case 'step.failed':
    case 'step.retrying':
    case 'step.skipped':
    case 'step.cancelled':
      return projectStepEvent(event, known)
    case 'state.set':
      return projectStateEvent([event.payload], known)
    case 'agent.started':
    case 'agent.updated':
    case 'agent.completed':
    case 'agent.failed':
    case 'usage.recorded':
    case 'workspace.created':
    case 'workspace.committed':
    case 'workspace.cleaned':
    case 'checkpoint.taken':
      return projectAgentEvent(event, known)
    case 'comment.added':
    case 'artifact.created':
    case 'message.added':
    case 'message.delivered':
    case 'message.answered':
    case 'approval.requested':
    case 'approval.answered':
    case 'approval.withdrawn':
      return projectPeopleEvent(event, known)
    case 'wait.started':
    case 'wait.satisfied':
    case 'event.received':
    case 'child.started':
    case 'child.completed':
    case 'approval.confirmed':
    case 'agent.takeover-requested':
      return []
    case 'budget.exceeded':
    case 'budget.raised':
    case 'provider.limited':
    case 'provider.released':
      return projectMoneyEvent(event)
    default:
      event satisfies never
      return []
  }
}
