import type { AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { PersonsMessage } from '../../messages/Conversation.ts'
import { aboutMessages, withMessages } from '../../messages/prompts.ts'
import { playOrAnew } from './restart.ts'
import type { Session, Turn, TurnEnd } from './session.ts'

/**
 * Plays a turn, and those that people's messages ask for: what they wrote before goes in with its prompt, and what
 * waits when a turn has ended, or stopped it, is the prompt of the next one in the same session.
 * @param fresh The request that begins the attempt in a new session.
 * @param repair Which repair of an answer this is, from 1; null: none.
 */
export async function converse(
  session: Session,
  request: AgentRequest,
  fresh: AgentRequest,
  repair: number | null = null,
): Promise<AgentOutcome> {
  const { x, step } = session
  const told = new Set<number>()
  const take = (): PersonsMessage[] => {
    const messages = x.mailbox.take(step.key)
    for (const { sequence } of messages) told.add(sequence)
    return messages
  }
  try {
    const messages = take()
    const prompt = withMessages(request.prompt, messages, request.recovers === true)
    let turn: Turn = { request: { ...request, prompt }, repair, messages }
    for (;;) {
      const end = await playOrAnew(session, turn, fresh)
      if (end.is === 'stopped') for (const { sequence } of end.messages) told.add(sequence)
      const next = nextTurn(session, end, fresh, take)
      if (next === null) return (end as TurnEnd & { readonly is: 'done' }).outcome
      turn = next
    }
  } finally {
    x.mailbox.release(told)
    x.mailbox.look()
  }
}

/** The turn that goes on with what people wrote; null when nothing waits, or the agent cannot go on with its session. */
function nextTurn(
  { adapter }: Session,
  end: TurnEnd,
  fresh: AgentRequest,
  take: () => PersonsMessage[],
): Turn | null {
  const sessionId = end.is === 'done' ? end.outcome.sessionId : end.sessionId
  if (sessionId === null || !adapter.capabilities.resume) return null
  const messages = [...(end.is === 'stopped' ? end.messages : []), ...take()]
  if (messages.length === 0) return null
  const { copyOf: _copied, ...same } = fresh
  const prompt = aboutMessages(messages, end.is === 'stopped')
  return { request: { ...same, prompt, sessionId, resume: true }, repair: null, messages }
}
