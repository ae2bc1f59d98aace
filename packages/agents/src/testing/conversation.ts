import type { ModelRule, ModelScript, ModelStep } from './script.ts'

/** The body of `POST /v1/messages`, as far as it is read. */
export interface MessagesRequest {
  readonly model?: string
  readonly stream?: boolean
  readonly system?: unknown
  readonly messages?: readonly {
    readonly role: string
    readonly content: string | readonly Readonly<Record<string, unknown>>[]
  }[]
}

/** The step that answers a request, and where it stands. */
export interface ChosenStep {
  readonly rule: ModelRule | null
  /** How often the model has spoken since the message that fits. */
  readonly turn: number
  readonly step: ModelStep
}

/** Chooses by the last text of the user that fits a rule; results of tools are no texts of the user. */
export function chooseStep(script: ModelScript, request: MessagesRequest): ChosenStep {
  const fallback = script.fallback ?? { text: 'OK.' }
  const messages = request.messages ?? []
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at]
    if (message === undefined || message.role !== 'user') continue
    for (const said of userTexts(message.content).toReversed()) {
      const rule = script.rules.find(({ when }) => new RegExp(when, 'i').test(said))
      if (rule === undefined) continue
      const turn = messages.slice(at + 1).filter(({ role }) => role === 'assistant').length
      return { rule, turn, step: rule.steps[turn] ?? fallback }
    }
  }
  return { rule: null, turn: 0, step: fallback }
}

/** The folder in which the agent says it works, or null. Claude Code names it in its environment note. */
export function workingFolder(request: MessagesRequest): string | null {
  const everything = JSON.stringify([request.system, request.messages])
  return /(?:Primary working directory|Working directory): (\/.*?)(?:\\n|"|<)/i.exec(everything)?.[1] ?? null
}

function userTexts(content: string | readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  if (typeof content === 'string') return [content]
  // Claude Code puts notes about itself into the user's turn; they would match by accident.
  return content
    .filter((block) => block['type'] === 'text' && typeof block['text'] === 'string')
    .map((block) => String(block['text']))
    .filter((text) => !text.trimStart().startsWith('<system-reminder>'))
}
