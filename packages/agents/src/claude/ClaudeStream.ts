import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import { describeTool } from './describeTool.ts'
import { number, object, text } from '../programs/fields.ts'
import { parseClaudeEvent, type ClaudeEvent, type ClaudeResult } from './events.ts'
import type { ClaudeInput } from './ClaudeInput.ts'
import { UsageLedger } from './UsageLedger.ts'

/** What one process of Claude Code said, as far as its end is judged by it. */
export interface ClaudeFacts {
  /** The last result; null when none came. */
  readonly result: ClaudeResult | null
  /** Kind of the last failure that the program put into words, e.g. `rate_limit`. */
  readonly errorKind: string | null
  /** The last words of the main agent. */
  readonly lastText: string
  /** Lines that were no events. They stand in the transcript. */
  readonly unreadableLines: number
  readonly firstUnreadable: string | null
  /** When the limit ends by which the provider refused a request, in milliseconds since 1970; null: not said. */
  readonly limitResetsAt: number | null
  /** The family of models whose limit that is, such as `opus`; null: all, or not said. */
  readonly limitedModel: string | null
}

/** Turns the lines of the event stream into calls of an observer. Unknown events change nothing. */
export class ClaudeStream {
  readonly ledger: UsageLedger
  readonly #observer: AgentObserver
  readonly #now: () => number
  #result: ClaudeResult | null = null
  #errorKind: string | null = null
  #lastText = ''
  #unreadableLines = 0
  #firstUnreadable: string | null = null
  #limitResetsAt: number | null = null
  #limitedModel: string | null = null
  #model: string | null = null

  readonly #input: Pick<ClaudeInput, 'repeated' | 'answering' | 'turnEnded'> | null

  /**
   * @param now milliseconds of a monotonic clock, for latencies.
   * @param input Standard input, where the process is steered.
   */
  constructor(
    observer: AgentObserver,
    now: () => number,
    input: Pick<ClaudeInput, 'repeated' | 'answering' | 'turnEnded'> | null = null,
  ) {
    this.#observer = observer
    this.#now = now
    this.#input = input
    this.ledger = new UsageLedger((usage) => observer.onUsage(usage))
  }

  get facts(): ClaudeFacts {
    return {
      result: this.#result,
      errorKind: this.#errorKind,
      lastText: this.#lastText,
      unreadableLines: this.#unreadableLines,
      firstUnreadable: this.#firstUnreadable,
      limitResetsAt: this.#limitResetsAt,
      limitedModel: this.#limitedModel,
    }
  }

  /** Takes one line of standard output. */
  accept(line: string): void {
    if (line.trim() === '') return
    const event = parseClaudeEvent(line)
    if (event === null) {
      this.#unreadableLines += 1
      this.#firstUnreadable ??= line.slice(0, 500)
      return
    }
    this.#apply(event)
  }

  #apply(event: ClaudeEvent): void {
    switch (event.type) {
      case 'system':
        return this.#system(event)
      case 'assistant':
        return this.#assistant(event)
      case 'stream_event':
        return this.#stream(event)
      case 'result':
        this.#result = event.result
        this.ledger.result(event.result)
        return this.#input?.turnEnded(event.result.isError)
      case 'repeated':
        return this.#input?.repeated(event.uuid)
      case 'rate_limit_event':
        if (event.rejectedUntil === null) return
        this.#limitResetsAt = event.rejectedUntil
        this.#limitedModel = event.model
        return
      case 'other':
    }
  }

  #system({ subtype, fields }: Extract<ClaudeEvent, { type: 'system' }>): void {
    switch (subtype) {
      case 'init':
        return this.#sawModel(text(fields['model']))
      case 'status':
        if (fields['status'] === 'requesting') this.ledger.requesting(this.#now())
        return
      case 'api_retry': {
        const why = [number(fields['error_status']), text(fields['error'])]
          .filter((part) => part !== null)
          .join(' ')
        const of = `${String(fields['attempt'])} of ${String(fields['max_retries'])}`
        return this.#notice(`The model did not answer (${why}); retry ${of}`)
      }
      case 'permission_denied':
        return this.#notice(`Denied ${String(fields['tool_name'])}: ${String(fields['message'])}`)
      case 'compact_boundary':
        return this.#notice('The conversation was shortened')
    }
  }

  #assistant(event: Extract<ClaudeEvent, { type: 'assistant' }>): void {
    const { message, parentToolUseId } = event
    this.#errorKind = event.error
    if (event.error === null && parentToolUseId === null) this.#input?.answering()
    this.ledger.started(message.id, message.model, message.usage, this.#now())
    for (const block of message.content) {
      if (block['type'] === 'tool_use') {
        const line = describeTool(text(block['name']) ?? 'tool', object(block['input']) ?? {})
        this.#observer.onActivity({ kind: 'tool', text: parentToolUseId === null ? line : `↳ ${line}` })
      }
      const words = block['type'] === 'text' ? text(block['text']) : null
      if (words === null || parentToolUseId !== null) continue
      this.#lastText = words
      this.#observer.onActivity({ kind: event.error === null ? 'text' : 'notice', text: words })
    }
  }

  #stream({ messageId, event }: Extract<ClaudeEvent, { type: 'stream_event' }>): void {
    if (event['type'] === 'message_start') {
      const message = object(event['message'])
      const usage = object(message?.['usage']) ?? {}
      this.ledger.started(
        messageId ?? text(message?.['id']) ?? '',
        text(message?.['model']) ?? '',
        usage,
        this.#now(),
      )
    }
    if (event['type'] === 'message_delta' && messageId !== null) {
      this.ledger.finished(messageId, object(event['usage']) ?? {}, this.#now())
    }
  }

  #sawModel(model: string | null): void {
    if (model === null || model === this.#model) return
    this.#model = model
    this.#observer.onModel(model)
  }

  #notice(line: string): void {
    this.#observer.onActivity({ kind: 'notice', text: line })
  }
}
