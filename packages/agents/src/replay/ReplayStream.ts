import { WorkflowError } from '@holdfast/workflow-sdk'
import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import type { PlayerMessage } from './player/messages.ts'

/** Turns what the player prints into calls of an observer, and adds its usage up. */
export class ReplayStream {
  result: Extract<PlayerMessage, { type: 'result' }> | null = null
  error: Extract<PlayerMessage, { type: 'error' }> | null = null
  usage: TokenCounts = {
    inputTokens: 0,
    outputTokens: 0,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    reasoningTokens: 0,
  }
  readonly #observer: AgentObserver
  readonly #costs: (number | null)[] = []
  #model = 'recorded'

  constructor(observer: AgentObserver) {
    this.#observer = observer
  }

  /** Sum of the calls; null when one of them, or the whole session, has no recorded cost. */
  get costUsd(): number | null {
    if (this.#costs.length === 0 || this.#costs.includes(null)) return null
    return this.#costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
  }

  /** Takes one line. @throws WorkflowError `AGENT_PROTOCOL` when it is no message of the player. */
  accept(line: string): void {
    const message = parse(line)
    switch (message.type) {
      case 'session':
        this.#model = message.model
        return this.#observer.onModel(message.model)
      case 'usage':
        return this.#used(message)
      case 'result':
        this.result = message
        return
      case 'error':
        this.error = message
        return
      default:
        return this.#observer.onActivity({ kind: message.type, text: message.text })
    }
  }

  #used({ tokens, costUsd, callId }: Extract<PlayerMessage, { type: 'usage' }>): void {
    this.#costs.push(costUsd)
    this.usage = {
      inputTokens: this.usage.inputTokens + tokens.inputTokens,
      outputTokens: this.usage.outputTokens + tokens.outputTokens,
      cachedReadTokens: this.usage.cachedReadTokens + tokens.cachedReadTokens,
      cachedWriteTokens: this.usage.cachedWriteTokens + tokens.cachedWriteTokens,
      reasoningTokens: this.usage.reasoningTokens + tokens.reasoningTokens,
    }
    this.#observer.onUsage({
      ...tokens,
      provider: 'replay',
      model: this.#model,
      costUsd,
      priceSource: costUsd === null ? null : 'recording',
      latencyMs: null,
      callId,
    })
  }
}

function parse(line: string): PlayerMessage {
  try {
    return JSON.parse(line) as PlayerMessage
  } catch (error) {
    throw new WorkflowError(
      'AGENT_PROTOCOL',
      `The player printed a line that is no JSON: ${JSON.stringify(line.slice(0, 500))}.`,
      {
        details: { agent: 'replay' },
        cause: error,
      },
    )
  }
}
