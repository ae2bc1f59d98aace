import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import { chooseStep } from './conversation.ts'
import { CHAT } from './protocols/chat.ts'
import { GEMINI } from './protocols/gemini.ts'
import { MESSAGES } from './protocols/messages.ts'
import { RESPONSES } from './protocols/responses.ts'
import type { ModelBody, Protocol, Refusal } from './protocols/Protocol.ts'
import type { ModelScript, ModelStep } from './script.ts'

/** The APIs that the model speaks; which one is meant shows in the path of a request. */
const PROTOCOLS: readonly Protocol[] = [MESSAGES, GEMINI, CHAT, RESPONSES]

/** A request that the model was asked. */
export interface ModelCall {
  /** `when` of the rule that answered, or null. */
  readonly rule: string | null
  readonly turn: number
  readonly status: number
  readonly body: ModelBody
}

/** A running model server; see {@link startScriptedModel}. */
export interface ScriptedModel {
  /** For `ANTHROPIC_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, and with `/v1` behind it as the base URL of the Chat Completions and Responses APIs. */
  readonly url: string
  /** Every request so far, in the order of arrival. */
  readonly calls: readonly ModelCall[]
  /** Lets answers that `hold` or `stall` under this name go, those that come later too. */
  release(name: string): void
  /** Resolves when a request waits at the gate of this name. */
  held(name: string): Promise<void>
  setScript(script: ModelScript): void
  close(): Promise<void>
}

/**
 * A model server on the loopback interface that speaks several providers' APIs, streamed and whole, from
 * one script. With `keys`, other API keys are refused as the provider does.
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
    const protocol = PROTOCOLS.find((one) => request.method === 'POST' && one.speaks(url.pathname))
    if (protocol === undefined) {
      return sendJson(response, request.method === 'HEAD' ? 200 : 404, MESSAGES.error(404, 'not here').body)
    }
    const body = JSON.parse(raw) as ModelBody
    const asked = protocol.read(body, url.pathname)
    const { rule, turn, step } = chooseStep(script, asked.turns)
    const record = (status: number): void => void calls.push({ rule: rule?.when ?? null, turn, status, body })
    const refuse = (refusal: Refusal, more?: ModelStep['error']): void => {
      record(refusal.status)
      for (const [name, value] of Object.entries(more?.headers ?? {})) response.setHeader(name, value)
      sendJson(response, refusal.status, withFields(refusal.body, more?.fields))
    }
    if (options.keys !== undefined && !options.keys.includes(keyOf(request))) {
      return refuse(protocol.wrongKey())
    }
    const error = nextError(step, `${rule?.when}#${turn}`, failures)
    if (error !== null) {
      return refuse(protocol.error(error.status, error.message ?? 'scripted', error.type), error)
    }
    record(200)
    if (step.hold !== undefined) await gate(step.hold).wait(response)
    if (step.delayMs !== undefined) await delay(step.delayMs)
    if (response.destroyed) return
    const { whole, frames } = protocol.answer(step, asked)
    // A client that falls back to a whole answer loses the connection too.
    if (!asked.stream && step.cut === true) return void response.destroy()
    if (!asked.stream) return sendJson(response, 200, whole)
    const { stall } = step
    if (stall !== undefined) {
      await sendStalled(response, frames, () => gate(stall).wait(response))
      return
    }
    sendStream(response, frames, step.cut === true)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, MESSAGES.error(500, String(error)).body)
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

/** Every API has its error under `error`. */
function withFields(body: unknown, fields: Readonly<Record<string, unknown>> = {}): unknown {
  const { error, ...rest } = body as { readonly error: object }
  return { ...rest, error: { ...error, ...fields } }
}

function sendStream(response: ServerResponse, frames: readonly string[], cut: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const one of cut ? frames.slice(0, 3) : frames) response.write(one)
  // What was written is on its way before the connection goes.
  if (cut) response.write('', () => response.destroy())
  else response.end()
}

async function sendStalled(
  response: ServerResponse,
  frames: readonly string[],
  wait: () => Promise<void>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const one of frames.slice(0, 3)) response.write(one)
  await new Promise((resolve) => response.write('', resolve))
  await wait()
  for (const one of frames.slice(3)) response.write(one)
  response.end()
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function keyOf(request: IncomingMessage): string {
  const bearer = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
  return String(request.headers['x-api-key'] ?? request.headers['x-goog-api-key'] ?? bearer ?? '')
}
