import type { ModelStep } from '../script.ts'

/** The body of a request, whatever its API. */
export interface ModelBody {
  readonly messages?: unknown
  readonly [field: string]: unknown
}

/** One message of a conversation. Results of tools are a `user` turn without texts. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly texts: readonly string[]
}

/** What a request asks, in the same words for each API. */
export interface Asked {
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  /** The folder in which the agent says it works, or null. */
  readonly folder: string | null
  /** Whether the model may call tools. */
  readonly hasTools: boolean
  /** Tools are called by JavaScript, as the newer models of Codex do. */
  readonly codeMode?: boolean
}

/** An answer, whole and as the frames of a `text/event-stream`. */
export interface Answer {
  readonly whole: unknown
  readonly frames: readonly string[]
}

/** Status and body of an answer that is none. */
export interface Refusal {
  readonly status: number
  readonly body: unknown
}

/** One API of a provider. Each is one file of this folder. */
export interface Protocol {
  /** Whether a POST to this path belongs to this API. */
  speaks(pathname: string): boolean
  read(body: ModelBody, pathname: string): Asked
  answer(step: ModelStep, asked: Asked): Answer
  error(status: number, message: string, type?: string): Refusal
  wrongKey(): Refusal
}

/** One frame of a stream of server-sent events. */
export function frame(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** A text as a stream sends it, bit by bit. */
export function pieces(text: string): readonly string[] {
  return text.match(/[\s\S]{1,16}/g) ?? []
}
