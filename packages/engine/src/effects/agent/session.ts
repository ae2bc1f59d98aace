import { toErrorRecord } from '@holdfast/workflow-sdk'
import { journalEvent, type Amounts } from '@holdfast/workflow-sdk/journal'
import type { AgentAdapter, AgentOutcome, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { relative } from 'node:path'
import { excessError } from '../../budgets/excessError.ts'
import type { Execution } from '../../execution/Execution.ts'
import type { PersonsMessage } from '../../messages/Conversation.ts'
import { MessageLine } from '../../messages/MessageLine.ts'
import { STOPPED_FOR_MESSAGE, TAKEN_OVER } from '../../messages/stopped.ts'
import { TakenOver } from '../../takeover/TakenOver.ts'
import type { StepCall } from '../../steps/StepCall.ts'
import type { Attempt } from '../../steps/StepSpec.ts'
import { observe } from './observe.ts'

/** One attempt of an agent step, with what its sessions have in common. */
export interface Session {
  readonly x: Execution
  readonly step: StepCall<unknown>
  readonly attempt: Attempt
  readonly adapter: AgentAdapter
  readonly name: string
  /** What the author asks for. */
  readonly task: string
  /** Session file relative to the project's root. */
  readonly path: string
}

/** One turn of an agent: what it is asked, and why. */
export interface Turn {
  readonly request: AgentRequest
  /** Which repair of an answer this turn is, from 1; null: none. */
  readonly repair: number | null
  /** What people wrote, which the prompt holds. */
  readonly messages: readonly PersonsMessage[]
  /** The session that is gone and whose place this one takes. */
  readonly restartOf?: string
}

/** How a turn ended: by itself, or because people wrote something that the agent has to go on with. */
export type TurnEnd =
  | { readonly is: 'done'; readonly outcome: AgentOutcome }
  | { readonly is: 'stopped'; readonly sessionId: string; readonly messages: readonly PersonsMessage[] }

/**
 * Plays one turn. The session's id is durable before the first token is paid, and it begins only when the budgets
 * have room; when they have none any more the agent is stopped.
 * @throws WorkflowError `BUDGET_EXCEEDED` with the excess as its details, and what the adapter throws.
 */
export async function play(session: Session, turn: Turn): Promise<TurnEnd> {
  const { x, step, name, adapter } = session
  const stop = new AbortController()
  const hold = await x.budgets.enter({
    stepKey: step.key,
    budget: step.spec.budget,
    stop: (excess) => stop.abort(excessError(x.runId, name, excess)),
  })
  if (!('leave' in hold)) throw excessError(x.runId, name, hold)
  const line = new MessageLine(x.mailbox, step.key, adapter.capabilities, turn)
  try {
    return await carryOut(session, turn, line, stop.signal, hold.reserved)
  } finally {
    line.end()
    hold.leave()
  }
}

async function carryOut(
  session: Session,
  { request, repair, restartOf }: Turn,
  line: MessageLine,
  overBudget: AbortSignal,
  reserved: Amounts | undefined,
): Promise<TurnEnd> {
  const { x, step, attempt, adapter, name, path } = session
  const stepKey = step.key
  await x.mailbox.openConversation(adapter.name)
  await x.journal.commit(
    journalEvent('agent.started', {
      stepKey,
      attempt: attempt.number,
      agent: adapter.nameOf?.(request.agent) ?? adapter.name,
      name,
      sessionId: request.sessionId,
      model: request.model,
      sessionFilePath: path,
      resumed: request.resume,
      ...(repair === null ? {} : { repair }),
      ...(reserved === undefined ? {} : { reserved }),
      ...(request.copyOf === undefined ? {} : { copyOf: request.copyOf.sessionId }),
      ...(restartOf === undefined ? {} : { restartOf }),
      ...(request.cwd === x.facts.workspacePath ? {} : { cwd: relative(x.facts.workspacePath, request.cwd) }),
    }),
  )
  const ended = (stopReason: string): void => {
    const messages = x.index.conversation.unansweredBy(stepKey)
    x.journal.add(
      journalEvent('agent.completed', { stepKey, stopReason }),
      ...(messages.length === 0 || stopReason === STOPPED_FOR_MESSAGE || stopReason === TAKEN_OVER
        ? []
        : [journalEvent('message.answered', { messages, stepKey })]),
    )
  }
  const taken = new AbortController()
  const considerTakeover = (): void => {
    const asked = x.index.takeoverRequests.get(stepKey)
    // A new session has to be there before a person can go on with it.
    if (asked === undefined || line.sessionId === null || !(request.resume || line.isShown)) return
    taken.abort(new TakenOver(adapter.name, line.sessionId, asked.by))
  }
  x.onTakeover.set(stepKey, considerTakeover)
  line.onState = considerTakeover
  try {
    line.begin()
    considerTakeover()
    const signal = AbortSignal.any([request.signal, overBudget, line.stop, taken.signal])
    const outcome = await adapter.run(
      { ...request, signal, ...(line.inbox === null ? {} : { inbox: line.inbox }) },
      observe(session, request.sessionId, line),
    )
    line.shown()
    // What it was shown to have is its answer's ground: known before the answer is written.
    await x.journal.settled()
    ended(outcome.stopReason)
    return { is: 'done', outcome }
  } catch (thrown) {
    if (taken.signal.aborted && !attempt.signal.aborted) {
      ended(TAKEN_OVER)
      throw taken.signal.reason
    }
    const next = attempt.signal.aborted || overBudget.aborted ? null : line.goOn()
    if (next !== null) {
      ended(STOPPED_FOR_MESSAGE)
      return { is: 'stopped', ...next }
    }
    const error: unknown = overBudget.aborted && !attempt.signal.aborted ? overBudget.reason : thrown
    x.journal.add(journalEvent('agent.failed', { stepKey, error: toErrorRecord(error) }))
    throw error
  } finally {
    x.onTakeover.delete(stepKey)
  }
}
