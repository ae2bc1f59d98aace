import { resolve } from 'node:path'
import {
  Playback,
  playbackAgents,
  playbackModels,
  readRunRecording,
  type ComparedPrompts,
} from '@holdfast/agents/playback'
import type { AgentAdapter, ModelPort } from '@holdfast/workflow-sdk/ports'

/** Agents and models that answer from a recording. */
export interface PlayedRecording {
  readonly agents: readonly AgentAdapter[]
  readonly models: ModelPort
  unplayed(): readonly string[]
}

/** @throws WorkflowError `AGENT_RECORDING_INVALID`. */
export async function playRecording(
  given: string | { readonly path: string; readonly prompts?: ComparedPrompts },
): Promise<PlayedRecording> {
  const { path, prompts = 'same' } = typeof given === 'string' ? { path: given } : given
  const playback = new Playback(await readRunRecording(resolve(path)), path, prompts)
  return {
    agents: playbackAgents(playback),
    models: playbackModels(playback),
    unplayed: () => playback.unplayed,
  }
}
