import { WorkflowError } from '@holdfast/workflow-sdk'
import { journalEvent } from '@holdfast/workflow-sdk/journal'
import type { AgentActivity, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { withEarlierMessages, withMessages, withTranscript } from '../../messages/prompts.ts'
import { play, type Session, type Turn, type TurnEnd } from './session.ts'

/**
 * Plays a turn; where the session that it resumes is gone, a new one takes its place that begins with the end of the
 * lost one's transcript, and the run says so.
 * @throws What {@link play} throws; `AGENT_SESSION_NOT_FOUND` for a session that this run knows nothing of.
 */
export async function playOrAnew(session: Session, turn: Turn, fresh: AgentRequest): Promise<TurnEnd> {
  try {
    return await play(session, turn)
  } catch (error) {
    const lost = turn.request.copyOf?.sessionId ?? turn.request.sessionId
    const isGone = turn.request.resume && WorkflowError.has(error, 'AGENT_SESSION_NOT_FOUND')
    if (!isGone || lost === null || session.x.index.sessionFiles.of(lost).length === 0) throw error
    return await play(session, await anew(session, turn, fresh, lost))
  }
}

async function anew(session: Session, turn: Turn, fresh: AgentRequest, lost: string): Promise<Turn> {
  const { x, step, attempt, adapter, task, name } = session
  const activities = await transcriptOf(session, lost)
  const note =
    `The session ${lost} could not be resumed; the agent starts anew with its transcript` +
    (activities.length === 0 ? ', of which nothing is kept.' : ` (${activities.length} entries).`)
  x.journal.add(journalEvent('agent.updated', { stepKey: step.key, note }))
  x.deps.files.log({
    runId: x.runId,
    stepId: await attempt.id(),
    stepNumber: attempt.stepNumber,
    stepName: name,
    level: 'warn',
    message: note,
    data: { agent: 'notice' },
  })
  const told = x.index.conversation.toldTo(step.key)
  const { copyOf: _copied, recovers: _recovers, ...same } = fresh
  const prompt = withMessages(
    withTranscript(withEarlierMessages(task, told), activities),
    turn.messages,
    false,
  )
  return {
    ...turn,
    restartOf: lost,
    request: {
      ...same,
      prompt,
      sessionId: adapter.capabilities.presetSessionId ? randomUUID() : null,
      resume: false,
    },
  }
}

/** What the lost session said and did, as far as its files are there and its agent can tell. */
async function transcriptOf({ x, adapter }: Session, sessionId: string): Promise<readonly AgentActivity[]> {
  const all: AgentActivity[] = []
  for (const file of x.index.sessionFiles.of(sessionId)) {
    const absolute = resolve(x.facts.project.path, file)
    const told = await adapter.retell?.(absolute).catch(() => [])
    all.push(...(told ?? []))
  }
  return all
}
