import type { RunMessageType, Topic } from '@holdfast/api'
import type { StepStatus } from '@holdfast/workflow-sdk'
import type { JournalEvent, JournalEventType } from '@holdfast/workflow-sdk/journal'

/** What is told of a step beside what its event says. */
export interface KnownStep {
  readonly id: string
  readonly step_number: number
  readonly name: string
  readonly kind: string
}

/** What of a run its messages say. */
export interface KnownRun {
  readonly status: string
  readonly current_workflow_step_id: string | null
  readonly steps: ReadonlyMap<string, KnownStep>
}

/** A journal event as a message: its type, the topic that it belongs to, and its data. */
export interface Described {
  readonly type: RunMessageType
  readonly topic: Topic
  readonly data: Readonly<Record<string, unknown>>
}

/** Each event makes exactly one message. Ids of rows are those of the event that made them: `{runId}.{sequence}.0`. */
export function describeEvent(event: JournalEvent, run: KnownRun): Described {
  const [type, topic] = kindOf(event.type, event)
  const id = `${event.runId}.${event.sequence}.0`
  const data = { event: event.type, ...event.payload }
  switch (type) {
    case 'workflow:step:updated': {
      const key = (event.payload as { readonly key: string }).key
      return {
        type,
        topic,
        data: {
          ...data,
          step: { ...run.steps.get(key), step_key: key, status: STEP_STATUS[event.type] ?? null },
          current_workflow_step_id: run.current_workflow_step_id,
        },
      }
    }
    case 'workflow:execution:completed':
      return { type, topic, data: { ...data, status: event.type.slice('run.'.length) } }
    case 'workflow:execution:started':
      return { type, topic, data: { ...data, status: 'running' } }
    case 'workflow:execution:updated':
      return {
        type,
        topic,
        data: { ...data, status: run.status, current_workflow_step_id: run.current_workflow_step_id },
      }
    default:
      return { type, topic, data: { ...data, id } }
  }
}

/** Status of a step after its event. */
const STEP_STATUS: { readonly [type in JournalEventType]?: StepStatus } = {
  'step.started': 'running',
  'step.updated': 'running',
  'step.completed': 'completed',
  'step.failed': 'failed',
  'step.retrying': 'retrying',
  'step.skipped': 'skipped',
  'step.cancelled': 'cancelled',
}

function kindOf(type: JournalEventType, event: JournalEvent): readonly [RunMessageType, Topic] {
  if (type.startsWith('step.')) return ['workflow:step:updated', 'step']
  if (type.startsWith('agent.')) return ['workflow:agent:updated', 'agent']
  switch (type) {
    case 'run.started':
      return event.type === 'run.started' && event.payload.cause !== 'start'
        ? ['workflow:execution:updated', 'execution']
        : ['workflow:execution:started', 'execution']
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
    case 'run.killed':
    case 'run.timed_out':
      return ['workflow:execution:completed', 'execution']
    case 'comment.added':
      return ['workflow:comment:added', 'comment']
    case 'artifact.created':
      return ['workflow:artifact:created', 'artifact']
    case 'approval.requested':
      return ['workflow:approval:requested', 'approval']
    case 'approval.answered':
    case 'approval.withdrawn':
      return ['workflow:execution:updated', 'approval']
    case 'usage.recorded':
      return ['workflow:usage:updated', 'usage']
    case 'message.added':
      return ['workflow:message:added', 'message']
    default:
      return ['workflow:execution:updated', 'execution']
  }
}
