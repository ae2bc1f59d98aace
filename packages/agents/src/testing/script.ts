/** What the scripted model answers, and to whom. Plain JSON. */
export interface ModelScript {
  /** Tried in order against the last message of the user that any of them fits. */
  readonly rules: readonly ModelRule[]
  /** For requests that no rule fits, and past the last step of a rule; default `{ text: 'OK.' }`. */
  readonly fallback?: ModelStep
}

/** A conversation that begins with a message. */
export interface ModelRule {
  /** Regular expression, found anywhere in the message; letters in either case. */
  readonly when: string
  /** Answer n is given when the model has already spoken n times since that message, so a request that is sent again gets the same answer. */
  readonly steps: readonly ModelStep[]
}

/** One answer of the model. */
export interface ModelStep {
  readonly text?: string
  readonly thinking?: string
  readonly tools?: readonly ModelTool[]
  readonly usage?: {
    readonly input?: number
    readonly output?: number
    readonly cacheRead?: number
    readonly cacheWrite?: number
    /** Part of the thinking; the Messages API does not count it apart. */
    readonly reasoning?: number
  }
  /** Milliseconds before the answer begins. */
  readonly delayMs?: number
  /** The answer waits until `release` is called with this name. */
  readonly hold?: string
  /** A streamed answer stops after its third event until `release` is called with this name. */
  readonly stall?: string
  /** Answers with an error instead, the first `times` times (default: always). */
  readonly error?: {
    readonly status: number
    readonly type?: string
    readonly message?: string
    readonly times?: number
    readonly headers?: Readonly<Record<string, string>>
    /** Further fields of the error in the body, e.g. `resets_at`. */
    readonly fields?: Readonly<Record<string, unknown>>
  }
  /** Drops the connection: after the third event of a stream, before a whole answer. */
  readonly cut?: boolean
}

/** A tool call: an action in the tools of the program that asks, or any tool by name. Paths may be relative to the agent's folder. */
export type ModelTool =
  | { readonly write: { readonly path: string; readonly content: string } }
  | { readonly edit: { readonly path: string; readonly old: string; readonly new: string } }
  | { readonly read: { readonly path: string } }
  | { readonly shell: string }
  | { readonly name: string; readonly input: Readonly<Record<string, unknown>> }
