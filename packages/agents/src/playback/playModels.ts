import type { ModelAnswer, ModelPort, ModelRequest } from '@holdfast/workflow-sdk/ports'
import { jsonIn } from '../programs/structuredAnswer.ts'
import { costOf, failure, sumOf, usageOf } from './playAgents.ts'
import type { Playback } from './Playback.ts'

/** Models that answer from a recording, without a network. */
export function playbackModels(playback: Playback): ModelPort {
  return {
    resolve: ({ model, stepName }) => {
      const found =
        model ?? playback.recording.prompts.find((step) => step.name === stepName)?.model ?? 'recorded/model'
      return named(found)
    },
    ask: async (request, observer) => answer(playback, request, observer),
    inspect: () => [],
  }
}

function answer(
  playback: Playback,
  { place, stepName, model, system, messages, outputSchema }: ModelRequest,
  observer: Parameters<ModelPort['ask']>[1],
): ModelAnswer {
  const step = playback.promptStep(place.stepKey, stepName)
  if (model !== step.model)
    throw playback.error(step, 'model', `it asks ${model}, recorded was ${step.model}`, {
      asked: model,
      recorded: step.model,
    })
  playback.compareText(step, 'system', step.system, system, place)
  playback.compareText(step, 'prompt', step.prompt, messages[0]?.text ?? '', place)
  const { end } = step
  if ('failure' in end) throw failure(end.failure)
  observer.onDelta(end.text)
  return {
    text: end.text,
    output: outputSchema === null ? undefined : jsonIn(end.text),
    usage: usageOf({ ...sumOf(step.usage), ...named(step.model), costUsd: costOf(step.usage) }),
    stopReason: end.stopReason,
  }
}

/** `provider/model` in its two parts. */
function named(text: string): { readonly provider: string; readonly model: string } {
  const at = text.indexOf('/')
  return { provider: text.slice(0, at), model: text.slice(at + 1) }
}
