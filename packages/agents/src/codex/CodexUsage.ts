import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import type { Fields } from '../programs/fields.ts'
import type { SessionFile, StoredCall } from './SessionFile.ts'
import { addTokens, isNothing, NO_TOKENS, restTokens } from '../programs/tokenCounts.ts'
import { tokensOf } from './tokens.ts'

/**
 * Reports what the model calls of one process used, each once, under the id that the provider gave its answer. What
 * came before this process is told apart: Codex itself only says the sum of the whole thread.
 */
export class CodexUsage {
  readonly #observer: Pick<AgentObserver, 'onUsage' | 'onModel'>
  #file: SessionFile | null = null
  #threadId = ''
  #total: TokenCounts = NO_TOKENS
  /** Counts of the thread before this process; null when they are not known. */
  #before: TokenCounts | null = null
  #own: TokenCounts = NO_TOKENS
  #last: Pick<StoredCall, 'provider' | 'model'> = { provider: 'openai', model: '' }
  #model: string | null = null

  constructor(observer: Pick<AgentObserver, 'onUsage' | 'onModel'>) {
    this.#observer = observer
  }

  /**
   * Looks at what the session held before this process.
   * @param lostSince the calls from this time on (milliseconds since 1970) were never reported; null: all were.
   */
  async resume(threadId: string, file: SessionFile, lostSince: number | null): Promise<void> {
    this.#threadId = threadId
    this.#file = file
    for (const call of await file.next()) {
      this.#before = call.threadTokens
      if (lostSince !== null && call.at >= lostSince) this.#report(call)
    }
  }

  /** A new session began. */
  begin(threadId: string, file: SessionFile): void {
    if (this.#file !== null) return
    this.#threadId = threadId
    this.#file = file
    this.#before = NO_TOKENS
  }

  /** Reports the calls that ended since the last look. */
  async look(): Promise<void> {
    if (this.#file === null) return
    const calls = await this.#file.next()
    this.#sawModel(this.#file.model)
    for (const call of calls) {
      this.#own = addTokens(this.#own, call.tokens)
      this.#report(call)
    }
  }

  /**
   * Reports what no call accounted for, when the program said a sum of the thread that is larger, and answers the
   * total of this step.
   */
  close(threadUsage: Fields | null): TokenCounts {
    if (threadUsage === null || this.#before === null) return this.#total
    const sum = tokensOf(threadUsage)
    const rest = restTokens(restTokens(sum, this.#before), this.#own)
    if (isNothing(rest)) return this.#total
    const position = Object.values(sum).reduce((all, count) => all + count, 0)
    this.#report({ ...this.#last, callId: `${this.#threadId}:${position}`, tokens: rest })
    return this.#total
  }

  #report(call: Pick<StoredCall, 'callId' | 'provider' | 'model' | 'tokens'>): void {
    this.#last = call
    this.#total = addTokens(this.#total, call.tokens)
    this.#observer.onUsage({
      ...call.tokens,
      provider: call.provider,
      model: call.model === '' ? 'codex' : call.model,
      costUsd: null,
      priceSource: null,
      latencyMs: null,
      callId: call.callId,
    })
  }

  #sawModel(model: string | null): void {
    if (model === null || model === this.#model) return
    this.#model = model
    this.#observer.onModel(model)
  }
}
