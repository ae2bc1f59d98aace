import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import type { MessageLine } from '../../messages/MessageLine.ts'
import type { Session } from './session.ts'

/** Characters of one text of an agent that its conversation keeps; the session file has all of it. */
const MOST_SAID = 16_000

/** Writes down what an agent says and does while it works. @param presetId The session's id, where it was chosen for the agent. */
export function observe(
  { x, step, attempt, adapter, name }: Session,
  presetId: string | null,
  line: MessageLine,
): AgentObserver {
  const stepKey = step.key
  return {
    onSession: async (sessionId) => {
      const told = journalEvent('agent.updated', { stepKey, sessionId })
      // A preset id is durable since the start of the agent; one that the agent chose must be before it is paid.
      if (sessionId === presetId) x.journal.add(told)
      else await x.journal.commit(told)
      line.inSession(sessionId)
    },
    onModel: (model) => x.journal.add(journalEvent('agent.updated', { stepKey, model })),
    onProcess: (process) => x.journal.add(journalEvent('agent.updated', { stepKey, process })),
    onUsage: (usage) => {
      // An agent that goes on after a kill may report again what the journal has already.
      if (usage.callId === null || x.index.isNewUsage(usage.callId))
        x.journal.add(journalEvent('usage.recorded', { stepKey, ...x.deps.price(usage) }))
    },
    onDelivered: (id) => line.delivered(id),
    onActivity: ({ kind, text }) => {
      if (kind !== 'notice') line.shown()
      // Written at once: what people read of a conversation is not lost with the worker.
      if (kind === 'text' && text.trim() !== '')
        x.write(
          journalEvent('message.added', {
            sessionId: x.index.conversation.sessionId,
            role: 'assistant',
            text: text.length > MOST_SAID ? `${text.slice(0, MOST_SAID)}…` : text,
            messageType: line.isTold ? 'answer' : 'note',
            by: adapter.name,
            stepKey,
          }),
        )
      x.deps.onActivity({ runId: x.runId, stepKey, kind, text })
      const log = (stepId: string): void =>
        x.deps.files.log({
          runId: x.runId,
          stepId,
          stepNumber: attempt.stepNumber,
          stepName: name,
          level: 'info',
          message: text,
          data: { agent: kind },
        })
      attempt.id().then(log, () => {})
    },
  }
}
