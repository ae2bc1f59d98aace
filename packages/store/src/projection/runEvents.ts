import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { toColumns } from '../payload/stored.ts'
import { columnText } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import { projectEnd } from './endOfRun.ts'
import { gitColumns } from './gitFacts.ts'
import type { Known } from './Known.ts'
import { addWarning, changeMetadata } from './metadata.ts'
import { jsonText, type RunColumns } from './rows.ts'

type RunEvent = EventOf<
  | 'run.started'
  | 'run.resumed'
  | 'run.parked'
  | 'run.paused'
  | 'run.updated'
  | 'run.upgraded'
  | 'run.cancel-requested'
  | 'run.pause-requested'
  | 'run.resume-requested'
  | 'run.completed'
  | 'run.failed'
  | 'run.cancelled'
  | 'run.killed'
  | 'run.timed_out'
>

/** What a `run.…` event after the first does. A run that was asked to stop stays `cancelling` until it is over. */
export function projectRunEvent(event: RunEvent, known: Known): RowChange[] {
  const { run } = known
  switch (event.type) {
    case 'run.started':
    case 'run.resumed':
      return [
        runChange({
          status: run.status === 'cancelling' ? 'cancelling' : 'running',
          started_at: run.started_at ?? event.timestamp,
          waiting_for: null,
        }),
      ]
    case 'run.parked':
      return [
        runChange({
          status: run.status === 'cancelling' ? 'cancelling' : 'waiting',
          waiting_for: jsonText(event.payload.waitingFor),
          active_ms: event.payload.activeMs,
          ...NOBODY,
          due_at: event.payload.wakeAt,
        }),
      ]
    case 'run.paused':
      return [
        runChange({
          status: run.status === 'cancelling' ? 'cancelling' : 'paused',
          waiting_for: null,
          active_ms: event.payload.activeMs,
          ...NOBODY,
          due_at: null,
        }),
      ]
    case 'run.updated':
      return [runChange(updatedColumns(event, run))]
    case 'run.upgraded':
      return [runChange({ workflow_version: event.payload.workflowVersion })]
    case 'run.cancel-requested':
      return [runChange({ status: 'cancelling', waiting_for: null })]
    case 'run.pause-requested':
    case 'run.resume-requested':
      return []
    default:
      return projectEnd(event, known)
  }
}

/** The columns of a run that nobody owns. */
const NOBODY = { owner_token: null, worker_id: null } as const

function updatedColumns(event: EventOf<'run.updated'>, run: Readonly<RunColumns>): Partial<RunColumns> {
  const { git, tag, logFilePath, agentType, aiModel, warning, input, taskInput } = event.payload
  const set: Partial<RunColumns> = git === undefined ? {} : gitColumns(git)
  if (input !== undefined) {
    const { json, blob } = toColumns(input)
    Object.assign(set, { input: json, input_blob: blob })
  }
  if (taskInput !== undefined) set.task_input = columnText(taskInput)
  if (logFilePath !== undefined) set.log_file_path = columnText(logFilePath)
  if (agentType !== undefined) set.agent_type = columnText(agentType)
  if (aiModel !== undefined) set.ai_model = columnText(aiModel)
  if (tag === undefined && warning === undefined) return set
  set.metadata = changeMetadata(run.metadata, (metadata) => {
    if (tag !== undefined) metadata.tags = { ...metadata.tags, [tag.name]: tag.value }
    if (warning !== undefined) addWarning(metadata, warning)
  })
  return set
}
