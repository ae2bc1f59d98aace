import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import { makeAnswer, type Answer } from './answer.ts'
import { chooseStep, workingFolder, type MessagesRequest } from './conversation.ts'
import { nativeTool } from './nativeTool.ts'
import type { ModelScript, ModelStep } from './script.ts'

/** A request that the model was asked. */
export interface ModelCall {
  /** `when` of the rule that answered, or null. */
  readonly rule: string | null
  readonly turn: number
  readonly status: number
  readonly body: MessagesRequest
}

/** A running model server; see {@link startScriptedModel}. */
export interface ScriptedModel {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string
  /** Every request so far, in the order of arrival. */
  readonly calls: readonly ModelCall[]
  /** Lets answers that `hold` under this name go, those that come later too. */
  release(name: string): void
  /** Resolves when a request waits at the gate of this name. */
  held(name: string): Promise<void>
  setScript(script: ModelScript): void
  close(): Promise<void>
}

/**
 * A model server on the loopback interface that speaks the Anthropic Messages API, streamed and whole,
 * from a script. With `keys`, other API keys are answered with 401.
 */
export async function startScriptedModel(options: {
  readonly script: ModelScript
  readonly keys?: readonly string[]
}): Promise<ScriptedModel> {
  let script = options.script
  const calls: ModelCall[] = []
  const failures = new Map<string, number>()
  const gates = new Map<string, Gate>()
  const gate = (name: string): Gate => {
    const found = gates.get(name) ?? newGate()
    gates.set(name, found)
    return found
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const raw = await text(request)
    if (url.pathname.endsWith('/count_tokens')) {
      return sendJson(response, 200, { input_tokens: Math.ceil(raw.length / 4) })
    }
    if (request.method !== 'POST' || !url.pathname.endsWith('/v1/messages')) {
      return sendJson(
        response,
        request.method === 'HEAD' ? 200 : 404,
        errorBody('not_found_error', 'not here'),
      )
    }
    const body = JSON.parse(raw) as MessagesRequest
    const { rule, turn, step } = chooseStep(script, body)
    const record = (status: number): void => void calls.push({ rule: rule?.when ?? null, turn, status, body })
    if (options.keys !== undefined && !options.keys.includes(keyOf(request))) {
      record(401)
      return sendJson(response, 401, errorBody('authentication_error', 'invalid x-api-key'))
    }
    const error = nextError(step, `${rule?.when}#${turn}`, failures)
    if (error !== null) {
      record(error.status)
      return sendJson(
        response,
        error.status,
        errorBody(error.type ?? typeOf(error.status), error.message ?? 'scripted'),
      )
    }
    record(200)
    if (step.hold !== undefined) await gate(step.hold).wait(response)
    if (step.delayMs !== undefined) await delay(step.delayMs)
    if (response.destroyed) return
    const folder = workingFolder(body)
    const tools = (step.tools ?? []).map((tool) => nativeTool(tool, folder))
    const made = makeAnswer(step, tools, body.model ?? 'scripted')
    // A client that falls back to a whole answer loses the connection too.
    if (body.stream !== true && step.cut === true) return void response.destroy()
    if (body.stream !== true) return sendJson(response, 200, made.whole)
    sendStream(response, made, step.cut === true)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, errorBody('api_error', String(error)))
      else response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    release: (name) => gate(name).open(),
    held: (name) => gate(name).reached,
    setScript: (next) => {
      script = next
      failures.clear()
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Gate {
  readonly reached: Promise<void>
  open(): void
  /** Until the gate is open or the client is gone. */
  wait(response: ServerResponse): Promise<void>
}

function newGate(): Gate {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    wait: async (response) => {
      reached.resolve()
      await Promise.race([opened.promise, once(response, 'close')])
    },
  }
}

function nextError(
  step: ModelStep,
  key: string,
  failures: Map<string, number>,
): NonNullable<ModelStep['error']> | null {
  if (step.error === undefined) return null
  const before = failures.get(key) ?? 0
  if (before >= (step.error.times ?? Number.POSITIVE_INFINITY)) return null
  failures.set(key, before + 1)
  return step.error
}

function sendStream(response: ServerResponse, { stream }: Answer, cut: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const event of cut ? stream.slice(0, 3) : stream) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  // What was written is on its way before the connection goes.
  if (cut) response.write('', () => response.destroy())
  else response.end()
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function errorBody(type: string, message: string): unknown {
  return { type: 'error', error: { type, message } }
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

function keyOf(request: IncomingMessage): string {
  const bearer = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  return String(request.headers['x-api-key'] ?? bearer ?? '')
}
