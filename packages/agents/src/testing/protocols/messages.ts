import { claudeTool } from './claudeTool.ts'
import { makeMessagesAnswer } from './messagesAnswer.ts'
import { frame, type Asked, type ModelBody, type Protocol, type Refusal, type Turn } from './Protocol.ts'

/** The Anthropic Messages API with the tools of Claude Code. */
export const MESSAGES: Protocol = {
  speaks: (pathname) => pathname.endsWith('/v1/messages'),
  read,
  answer: (step, asked) => {
    const tools = (step.tools ?? []).map((tool) => claudeTool(tool, asked.folder))
    const { whole, stream } = makeMessagesAnswer(step, tools, asked.model)
    return { whole, frames: stream.map((event) => frame(event, event.type)) }
  },
  error,
  wrongKey: () => error(401, 'invalid x-api-key'),
}

type Content = string | readonly Readonly<Record<string, unknown>>[]

function read(body: ModelBody): Asked {
  const messages = (body.messages ?? []) as readonly { readonly role: string; readonly content: Content }[]
  return {
    model: typeof body['model'] === 'string' ? body['model'] : 'scripted',
    stream: body['stream'] === true,
    turns: messages.map(({ role, content }): Turn => ({
      role: role === 'assistant' ? 'assistant' : 'user',
      texts: textsOf(content),
    })),
    folder: folderIn(JSON.stringify([body['system'], messages])),
    hasTools: true,
  }
}

/** Claude Code names its folder in its environment note. */
function folderIn(everything: string): string | null {
  return /(?:Primary working directory|Working directory): (\/.*?)(?:\\n|"|<)/i.exec(everything)?.[1] ?? null
}

function textsOf(content: Content): readonly string[] {
  if (typeof content === 'string') return [content]
  // Claude Code puts notes about itself into the user's turn; they would match by accident.
  return content
    .filter((block) => block['type'] === 'text' && typeof block['text'] === 'string')
    .map((block) => String(block['text']))
    .filter((text) => !text.trimStart().startsWith('<system-reminder>'))
}

function error(status: number, message: string, type: string = typeOf(status)): Refusal {
  return { status, body: { type: 'error', error: { type, message } } }
}

/** Names of the Messages API for the statuses that matter. */
function typeOf(status: number): string {
  const types: Readonly<Record<number, string>> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    404: 'not_found_error',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  }
  return types[status] ?? 'api_error'
}
