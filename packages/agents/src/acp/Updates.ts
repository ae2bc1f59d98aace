import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import { number, object, text, type Fields } from '../programs/fields.ts'

/** What the updates of a session said, as far as its end is judged by it. */
export interface UpdateFacts {
  /** The last words of the agent. */
  readonly lastText: string
  /** US dollars of the whole session so far; null: not said. */
  readonly sessionCostUsd: number | null
  /** Whether the agent told of a model call that failed for good, though it may end its turn as if it had not. */
  readonly modelFailed: boolean
}

/**
 * Turns the updates of a session into calls of an observer. Those that come before the prompt tell an older
 * conversation again, and count for nothing but the cost.
 */
export class Updates {
  readonly #observer: Pick<AgentObserver, 'onActivity'>
  readonly #tools = new Map<string, Tool>()
  #prompted = false
  #pieces: string[] = []
  #lastText = ''
  #sessionCostUsd: number | null = null
  #modelFailed = false

  constructor(observer: Pick<AgentObserver, 'onActivity'>) {
    this.#observer = observer
  }

  get facts(): UpdateFacts {
    return {
      lastText: this.#lastText,
      sessionCostUsd: this.#sessionCostUsd,
      modelFailed: this.#modelFailed,
    }
  }

  /** The prompt is sent now. */
  prompted(): void {
    this.#prompted = true
  }

  /** Takes `update` of one `session/update`. Unknown updates change nothing. */
  accept(update: Fields): void {
    const kind = update['sessionUpdate']
    if (kind === 'usage_update') this.#cost(object(update['cost']))
    if (!this.#prompted) return
    switch (kind) {
      case 'agent_message_chunk':
        this.#pieces.push(text(object(update['content'])?.['text']) ?? '')
        return
      case 'agent_thought_chunk':
        return this.end()
      case 'tool_call':
      case 'tool_call_update':
        this.end()
        return this.#tool(update)
      case 'session_info_update':
        return this.#codex(object(object(update['_meta'])?.['codex']))
    }
  }

  /** The turn is over, or something else than text comes. */
  end(): void {
    const said = this.#pieces.join('')
    this.#pieces = []
    if (said.trim() === '') return
    this.#lastText = said
    this.#observer.onActivity({ kind: 'text', text: said })
  }

  #cost(cost: Fields | null): void {
    if (cost?.['currency'] === 'USD') this.#sessionCostUsd = number(cost['amount'])
  }

  /** A tool is told of once, when it is known what it works on; and again when it fails. */
  #tool(update: Fields): void {
    const id = text(update['toolCallId']) ?? ''
    const before = this.#tools.get(id)
    const title = text(update['title']) ?? before?.title ?? 'tool'
    const place = placeOf(update) ?? before?.place ?? null
    const status = text(update['status'])
    const isOver = status === 'completed' || status === 'failed'
    const told = before?.told === true || place !== null || isOver
    if (told && before?.told !== true) {
      const line = place === null || title.includes(place) ? title : `${title} ${place}`
      this.#observer.onActivity({ kind: 'tool', text: line.replaceAll(/\s+/g, ' ').slice(0, MAX_LENGTH) })
    }
    if (status === 'failed') this.#observer.onActivity({ kind: 'notice', text: `${title} failed` })
    this.#tools.set(id, { title, place, told })
  }

  /** Codex tells so of model calls that it tries again, and of the one after which it gives up. */
  #codex(of: Fields | null): void {
    if (object(of?.['threadStatus'])?.['type'] === 'systemError') this.#modelFailed = true
    const error = object(of?.['error'])
    const message = text(error?.['message'])
    if (error === null || message === null) return
    if (error['willRetry'] !== true) this.#modelFailed = true
    const more = text(error['additionalDetails'])
    const line = more === null ? message : `${message} (${more})`
    this.#observer.onActivity({ kind: 'notice', text: line })
  }
}

interface Tool {
  readonly title: string
  readonly place: string | null
  readonly told: boolean
}

const MAX_LENGTH = 200

/** The command that a tool runs, else the file that it works on. */
function placeOf(update: Fields): string | null {
  const command = text(object(update['rawInput'])?.['command'])
  const locations = Array.isArray(update['locations']) ? update['locations'] : []
  const file = text(object(locations[0])?.['path'])
  const isExecuted = update['kind'] === 'execute'
  return command ?? (isExecuted ? null : file)
}
