import { diverged, firstDifference, placeless, type Divergence, type Places } from './diverged.ts'
import type { RecordedAgentStep, RecordedPromptStep, RunRecording } from './format.ts'

/** What is compared of a step: everything, or all but what it asks in words. */
export type ComparedPrompts = 'same' | 'any'

/** A recording that is being played: finds steps by their keys, and says what differs. */
export class Playback {
  readonly recording: RunRecording
  readonly #location: string
  readonly #prompts: ComparedPrompts
  readonly #played = new Set<string>()

  /** @param location Where it lies, for messages. */
  constructor(recording: RunRecording, location: string, prompts: ComparedPrompts) {
    this.recording = recording
    this.#location = location
    this.#prompts = prompts
  }

  /** Keys of recorded steps that nobody asked for. */
  get unplayed(): readonly string[] {
    const { agents, prompts } = this.recording
    return [...agents, ...prompts].map((step) => step.key).filter((key) => !this.#played.has(key))
  }

  /** @throws WorkflowError `RECORDING_DIVERGED` where the key is not recorded. */
  agentStep(key: string, name: string): RecordedAgentStep {
    return this.#find('Agent', this.recording.agents, key, name)
  }

  /** @throws WorkflowError `RECORDING_DIVERGED` where the key is not recorded. */
  promptStep(key: string, name: string): RecordedPromptStep {
    return this.#find('Prompt', this.recording.prompts, key, name)
  }

  /** @throws WorkflowError `RECORDING_DIVERGED` with the first line that differs. */
  compareText(
    step: RecordedAgentStep | RecordedPromptStep,
    what: 'prompt' | 'system',
    recorded: string | null,
    asked: string | null,
    places: Places,
  ): void {
    if (this.#prompts === 'any' || (what === 'prompt' && recorded === null)) return
    const difference = firstDifference(recorded ?? '', placeless(asked ?? '', places))
    if (difference === null) return
    const { line } = difference
    throw this.error(
      step,
      what,
      `line ${line} of its ${what} is ${JSON.stringify(difference.asked)}, recorded was ${JSON.stringify(difference.recorded)}`,
      difference,
    )
  }

  /** The error for a step that differs. */
  error(
    step: RecordedAgentStep | RecordedPromptStep,
    what: Divergence['what'],
    difference: string,
    details: Readonly<Record<string, unknown>> = {},
  ): Error {
    const { name, key } = step
    const kind = 'agent' in step ? 'Agent' : 'Prompt'
    return diverged({ ...this.#source, kind, step: name, key, what, difference, details })
  }

  get #source(): Pick<Divergence, 'recording' | 'runId'> {
    return { recording: this.#location, runId: this.recording.runId }
  }

  #find<T extends { readonly key: string }>(
    kind: Divergence['kind'],
    steps: readonly T[],
    key: string,
    name: string,
  ): T {
    const found = steps.find((step) => step.key === key)
    if (found === undefined) {
      const known = steps.map((step) => step.key)
      const difference = `it is not in it; ${known.length === 0 ? 'no such step is' : `recorded are ${known.join(', ')}`}`
      throw diverged({
        ...this.#source,
        kind,
        step: name,
        key,
        what: 'missing',
        difference,
        details: { known },
      })
    }
    this.#played.add(key)
    return found
  }
}
