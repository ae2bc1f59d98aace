import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import { describeTool } from './describeTool.ts'
import { parseGeminiEvent, type GeminiEvent, type GeminiResult } from './events.ts'

/** What one process of Gemini CLI said, as far as its end is judged by it. */
export interface GeminiFacts {
  /** Null when none came. */
  readonly result: GeminiResult | null
  readonly model: string | null
  /** The last words of the agent. */
  readonly lastText: string
  /** Lines that were no events. They stand in the transcript. */
  readonly unreadableLines: number
  readonly firstUnreadable: string | null
}

/** Turns the lines of the event stream into calls of an observer. Unknown events change nothing. */
export class GeminiStream {
  readonly #observer: AgentObserver
  #pieces: string[] = []
  #result: GeminiResult | null = null
  #model: string | null = null
  #lastText = ''
  #unreadableLines = 0
  #firstUnreadable: string | null = null

  constructor(observer: AgentObserver) {
    this.#observer = observer
  }

  get facts(): GeminiFacts {
    return {
      result: this.#result,
      model: this.#model,
      lastText: this.#lastText,
      unreadableLines: this.#unreadableLines,
      firstUnreadable: this.#firstUnreadable,
    }
  }

  /** Takes one line of standard output. */
  accept(line: string): void {
    if (line.trim() === '') return
    const event = parseGeminiEvent(line)
    if (event === null) {
      this.#unreadableLines += 1
      this.#firstUnreadable ??= line.slice(0, 500)
      return
    }
    if (event.type !== 'text') this.#endText()
    this.#apply(event)
  }

  /** The stream is over: a text that was cut off counts too. */
  end(): void {
    this.#endText()
  }

  #apply(event: GeminiEvent): void {
    switch (event.type) {
      case 'init':
        if (event.model === null) return
        this.#model = event.model
        return this.#observer.onModel(event.model)
      case 'text':
        return void this.#pieces.push(event.piece)
      case 'tool_use':
        return this.#observer.onActivity({ kind: 'tool', text: describeTool(event.name, event.parameters) })
      case 'tool_failed':
        return this.#observer.onActivity({ kind: 'notice', text: event.message })
      case 'result':
        this.#result = event.result
        return
      case 'other':
    }
  }

  #endText(): void {
    const said = this.#pieces.join('')
    this.#pieces = []
    if (said.trim() === '') return
    this.#lastText = said
    this.#observer.onActivity({ kind: 'text', text: said })
  }
}
