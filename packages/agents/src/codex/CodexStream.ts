import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import { text, type Fields } from '../programs/fields.ts'
import { describeItem } from './describeItem.ts'
import { parseCodexEvent, type CodexEvent, type CodexItem } from './events.ts'

/** What one process of Codex said, as far as its end is judged by it. */
export interface CodexFacts {
  /** Id of the session; null when none was said. */
  readonly threadId: string | null
  /** Token counts of the whole thread; null when no turn was completed. */
  readonly threadUsage: Fields | null
  /** Why the turn failed; null when it did not. */
  readonly failure: string | null
  /** The last words of the agent. */
  readonly lastText: string
  /** Lines that were no events. They stand in the transcript. */
  readonly unreadableLines: number
  readonly firstUnreadable: string | null
}

/** Turns the lines of the event stream into calls of an observer. Unknown events change nothing. */
export class CodexStream {
  readonly #observer: Pick<AgentObserver, 'onActivity'>
  readonly #onThread: (threadId: string) => void
  readonly #shown = new Set<string>()
  #facts: CodexFacts = {
    threadId: null,
    threadUsage: null,
    failure: null,
    lastText: '',
    unreadableLines: 0,
    firstUnreadable: null,
  }

  /** @param onThread is told the session's id as soon as the program says it. */
  constructor(observer: Pick<AgentObserver, 'onActivity'>, onThread: (threadId: string) => void) {
    this.#observer = observer
    this.#onThread = onThread
  }

  get facts(): CodexFacts {
    return this.#facts
  }

  /** Takes one line of standard output. */
  accept(line: string): void {
    if (line.trim() === '') return
    const event = parseCodexEvent(line)
    if (event === null) {
      this.#know({
        unreadableLines: this.#facts.unreadableLines + 1,
        firstUnreadable: this.#facts.firstUnreadable ?? line.slice(0, 500),
      })
      return
    }
    this.#apply(event)
  }

  #apply(event: CodexEvent): void {
    switch (event.type) {
      case 'thread.started':
        if (event.threadId === '' || event.threadId === this.#facts.threadId) return
        this.#know({ threadId: event.threadId })
        return this.#onThread(event.threadId)
      case 'item':
        return this.#item(event.item, event.started)
      case 'turn.completed':
        return this.#know({ threadUsage: event.usage, failure: null })
      case 'turn.failed':
        return this.#know({ failure: event.message })
      case 'error':
        return this.#observer.onActivity({ kind: 'notice', text: event.message })
      case 'other':
    }
  }

  #item(item: CodexItem, started: boolean): void {
    if (item.type === 'agent_message' && !started) {
      const words = text(item.fields['text']) ?? ''
      this.#know({ lastText: words })
      return this.#observer.onActivity({ kind: 'text', text: words })
    }
    if (item.type === 'error') {
      return this.#observer.onActivity({ kind: 'notice', text: text(item.fields['message']) ?? 'error' })
    }
    const line = describeItem(item)
    // Some tools are told when they begin and when they end, some only then.
    if (line === null || this.#shown.has(item.id)) return
    this.#shown.add(item.id)
    this.#observer.onActivity({ kind: 'tool', text: line })
  }

  #know(facts: Partial<CodexFacts>): void {
    this.#facts = { ...this.#facts, ...facts }
  }
}
