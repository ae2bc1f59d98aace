import type { EventOf } from '@holdfast/workflow-sdk/journal'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { runChange, type RowChange } from './changes.ts'
import type { ApprovalFacts, Known } from './Known.ts'
import { rowId } from './rowId.ts'
import { jsonText, type ApprovalColumns, type MessageColumns } from './rows.ts'

type PeopleEvent = EventOf<
  | 'comment.added'
  | 'artifact.created'
  | 'message.added'
  | 'message.delivered'
  | 'message.answered'
  | 'approval.requested'
  | 'approval.answered'
  | 'approval.withdrawn'
>

/** What people and authors say. */
export function projectPeopleEvent(event: PeopleEvent, known: Known): RowChange[] {
  switch (event.type) {
    case 'comment.added':
      return [comment(event, known)]
    case 'artifact.created':
      return [artifact(event, known)]
    case 'message.added':
      return messageAdded(event, known)
    case 'message.delivered':
      return event.payload.messages.map((sequence) => ({
        table: 'messages',
        id: messageId(event.runId, sequence),
        set: {
          delivery_state: 'delivered',
          delivered_at: event.timestamp,
          step_id: stepIdOf(event.payload.stepKey, known),
        },
      }))
    case 'message.answered':
      return event.payload.messages.map((sequence) => ({
        table: 'messages',
        id: messageId(event.runId, sequence),
        set: { delivery_state: 'answered', answered_at: event.timestamp },
      }))
    case 'approval.requested':
      return approvalRequested(event, known)
    case 'approval.answered':
      return approvalAnswered(event, known)
    case 'approval.withdrawn': {
      const approval = known.approval(event.payload.key)
      if (approval?.status !== 'open') return []
      return [{ table: 'approvals', id: approval.id, set: { status: 'withdrawn' } }]
    }
  }
}

function comment(event: EventOf<'comment.added'>, known: Known): RowChange {
  const { stepKey, message: text, metadata } = event.payload
  return {
    table: 'workflow_comments',
    insert: {
      id: rowId(event),
      run_id: event.runId,
      step_id: stepIdOf(stepKey, known),
      message: columnText(text),
      metadata: jsonText(metadata ?? {}),
      created_at: event.timestamp,
    },
  }
}

function artifact(event: EventOf<'artifact.created'>, known: Known): RowChange {
  const { stepKey, agentSession, name, type, storagePath, mimeType, sizeBytes, metadata } = event.payload
  return {
    table: 'workflow_artifacts',
    insert: {
      id: rowId(event),
      run_id: event.runId,
      step_id: stepIdOf(stepKey, known),
      agent_session_id: agentSession,
      name: columnText(name),
      type,
      storage_path: columnText(storagePath),
      storage_type: 'filesystem',
      mime_type: columnText(mimeType),
      size_bytes: sizeBytes,
      metadata: jsonText(metadata ?? {}),
      created_at: event.timestamp,
    },
  }
}

/** A run that belongs to no session yet belongs to that of its first message. */
function messageAdded(event: EventOf<'message.added'>, known: Known): RowChange[] {
  const { sessionId, role, text, messageType, by, stepKey } = event.payload
  const { run } = known
  // Only an intervention has somebody to reach; all else is where it belongs as soon as it is written.
  const isQueued = role === 'user' && messageType === 'intervention'
  const insert = {
    id: rowId(event),
    session_id: sessionId ?? run.session_id,
    run_id: event.runId,
    step_id: stepIdOf(stepKey ?? null, known),
    role,
    author: columnTextOrNull(by),
    text_content: columnText(text),
    message_type: messageType,
    delivery_state: isQueued ? 'queued' : 'delivered',
    created_at: event.timestamp,
    delivered_at: isQueued ? null : event.timestamp,
    answered_at: null,
  } as const satisfies MessageColumns
  const joins = run.session_id === null && sessionId !== null
  return [{ table: 'messages', insert }, ...(joins ? [runChange({ session_id: sessionId })] : [])]
}

/** The first row that an event made; see {@link rowId}. */
function messageId(runId: string, sequence: number): string {
  return `${runId}.${sequence}.0`
}

/** A question, or its next revision: the same row, open again. */
function approvalRequested(event: EventOf<'approval.requested'>, known: Known): RowChange[] {
  const { payload, timestamp } = event
  const asked = {
    title: columnText(payload.title),
    body: columnText(payload.body),
    revision: payload.revision,
    status: 'open',
    approved: null,
    answer: null,
    answer_schema: payload.answerSchema === null ? null : jsonText(payload.answerSchema),
    choices: jsonText(payload.choices),
    comment: null,
    answered_by: null,
    until: payload.until,
    bound_to: payload.boundTo === undefined ? null : jsonText(payload.boundTo),
    answered_at: null,
    answered_sequence: null,
  } as const satisfies Partial<ApprovalColumns>
  const before = known.approval(payload.key)
  if (before !== null) {
    return payload.revision > before.revision ? [{ table: 'approvals', id: before.id, set: asked }] : []
  }
  return [
    {
      table: 'approvals',
      insert: {
        ...asked,
        id: rowId(event),
        run_id: event.runId,
        approval_key: columnText(payload.key),
        step_id: stepIdOf(payload.stepKey, known),
        kind: payload.kind,
        name: columnText(payload.name),
        created_at: timestamp,
      },
    },
  ]
}

/** The first answer to the revision that is open counts. */
function approvalAnswered(event: EventOf<'approval.answered'>, known: Known): RowChange[] {
  const { key, revision, approved, answer, comment: text, by } = event.payload
  const approval: ApprovalFacts | null = known.approval(key)
  if (approval?.status !== 'open' || approval.revision !== revision) return []
  return [
    ...answerSaid(event, known),
    {
      table: 'approvals',
      id: approval.id,
      set: {
        status: 'answered',
        approved,
        answer: answer === null ? null : jsonText(answer),
        comment: columnText(text),
        answered_by: columnTextOrNull(by),
        answered_at: event.timestamp,
        answered_sequence: event.sequence,
      },
    },
  ]
}

/** The answer as a message of the run's conversation. */
function answerSaid(event: EventOf<'approval.answered'>, { run }: Known): RowChange[] {
  const { sessionId, approved, answer, comment: remark, by } = event.payload
  if (sessionId === undefined) return []
  const said =
    answer === null ? (approved ? 'yes' : 'no') : typeof answer === 'string' ? answer : jsonText(answer)
  return [
    {
      table: 'messages',
      insert: {
        id: rowId(event),
        session_id: sessionId ?? run.session_id,
        run_id: event.runId,
        step_id: null,
        role: 'user',
        author: columnTextOrNull(by),
        text_content: columnText(remark === '' ? said : `${said}: ${remark}`),
        message_type: 'answer',
        delivery_state: 'delivered',
        created_at: event.timestamp,
        delivered_at: event.timestamp,
        answered_at: null,
      },
    },
  ]
}

function stepIdOf(stepKey: string | null, known: Known): string | null {
  return stepKey === null ? null : (known.step(stepKey)?.id ?? null)
}
