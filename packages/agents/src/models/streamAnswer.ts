import { randomUUID } from 'node:crypto'
import { jsonSchema, Output, streamText, type JSONSchema7, type LanguageModelUsage } from 'ai'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { ModelAnswer, ModelObserver, ModelRequest } from '@holdfast/workflow-sdk/ports'
import { jsonIn } from '../programs/structuredAnswer.ts'
import { cutStream, modelError } from './failure.ts'
import { languageModel } from './languageModel.ts'
import type { Provider } from './providers.ts'
import { silence } from './silence.ts'

/**
 * One streamed answer of a model, through the AI SDK, which tries nothing again. Loaded by the first call.
 * @throws WorkflowError As `ModelPort.ask` says; the signal's reason after an abort.
 */
export async function streamAnswer(
  provider: Provider,
  model: string,
  request: ModelRequest,
  observer: ModelObserver,
): Promise<ModelAnswer> {
  quiet()
  const idle = silence(request)
  const signal = AbortSignal.any([request.signal, idle.signal])
  signal.throwIfAborted()
  const began = performance.now()
  try {
    const read = await readStream(
      start(provider, model, request, signal),
      (text) => observer.onDelta(text),
      idle.heard,
    )
    if (read === null) throw cutStream(provider, model)
    return {
      text: read.text,
      output: request.outputSchema === null ? undefined : jsonIn(read.text),
      stopReason: read.stopReason,
      usage: {
        ...tokens(read.usage),
        provider: provider.name,
        model,
        costUsd: null,
        priceSource: null,
        latencyMs: Math.round(performance.now() - began),
        // Ids that servers give their answers are not always unique; a call is reported once.
        callId: `prompt-${randomUUID()}`,
      },
    }
  } catch (error) {
    signal.throwIfAborted()
    throw WorkflowError.is(error) ? error : modelError(provider, model, error, Date.now())
  } finally {
    idle.stop()
  }
}

function start(
  provider: Provider,
  model: string,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncIterable<Part> {
  const { system, messages, outputSchema, config } = request
  const { providerOptions, stopSequences, ...settings } = config
  const { stream } = streamText({
    ...settings,
    model: languageModel(provider, model),
    ...(system === null ? {} : { instructions: system }),
    messages: messages.map(({ role, text }) => ({ role, content: text })),
    ...(stopSequences === undefined ? {} : { stopSequences: [...stopSequences] }),
    ...(outputSchema === null
      ? {}
      : { output: Output.object({ schema: jsonSchema(outputSchema as JSONSchema7) }) }),
    providerOptions: withoutStrictness(providerOptions) as never,
    maxRetries: 0,
    abortSignal: signal,
    // Errors are parts of the stream; by default they are printed too.
    onError: () => {},
  })
  return stream
}

type Part = { readonly type: string } & Partial<{
  readonly text: string
  readonly error: unknown
  readonly finishReason: string
  readonly totalUsage: LanguageModelUsage
}>

interface Read {
  readonly text: string
  readonly stopReason: string
  readonly usage: LanguageModelUsage
}

/** Null when the stream ended before the model did. */
async function readStream(
  stream: AsyncIterable<Part>,
  onDelta: (text: string) => void,
  heard: () => void,
): Promise<Read | null> {
  let text = ''
  for await (const part of stream) {
    heard()
    if (part.type === 'error') throw part.error
    if (part.type === 'text-delta' && part.text) {
      text += part.text
      onDelta(part.text)
    }
    if (part.type === 'finish' && part.totalUsage !== undefined)
      return part.finishReason === 'error'
        ? null
        : { text, stopReason: part.finishReason ?? 'unknown', usage: part.totalUsage }
  }
  return null
}

/** The SDK counts what came from the cache as input too. */
function tokens({
  inputTokens,
  inputTokenDetails,
  outputTokens,
  outputTokenDetails,
}: LanguageModelUsage): TokenCounts {
  const { noCacheTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = inputTokenDetails
  return {
    inputTokens: noCacheTokens ?? Math.max(0, (inputTokens ?? 0) - cacheReadTokens - cacheWriteTokens),
    outputTokens: outputTokens ?? 0,
    cachedReadTokens: cacheReadTokens,
    cachedWriteTokens: cacheWriteTokens,
    reasoningTokens: outputTokenDetails.reasoningTokens ?? 0,
  }
}

/**
 * OpenAI's strict mode refuses schemas with optional fields, and those that allow further ones; answers are checked here
 * anyway. Whoever wants it asks for it.
 */
function withoutStrictness(own: ModelRequest['config']['providerOptions']): object {
  return { ...own, openai: { strictJsonSchema: false, ...own?.['openai'] } }
}

/** Warnings of the SDK go to the console, which is not ours. */
function quiet(): void {
  ;(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false
}
