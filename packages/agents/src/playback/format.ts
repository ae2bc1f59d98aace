import type { Json, TokenCounts } from '@holdfast/workflow-sdk/journal'

/** Name of the file in the folder of a recording. */
export const RECORDING_FILE = 'recording.json'

/** What the agents and models of one run did, version 1: made by `holdfast record`, played by `createTestEngine`. */
export interface RunRecording {
  readonly holdfastRunRecording: 1
  readonly workflow: string
  /** The run that was recorded. */
  readonly runId: string
  /** Agent steps that came to an end, in the order of their starts. */
  readonly agents: readonly RecordedAgentStep[]
  readonly prompts: readonly RecordedPromptStep[]
}

/** One model call; what it cost when it was recorded. */
export type RecordedUsage = TokenCounts & {
  readonly provider: string
  readonly model: string
  readonly costUsd: number | null
}

/** How a step ended badly. */
export interface RecordedFailure {
  readonly code: string
  readonly message: string
}

/** An agent step, as it ended at last: earlier attempts are not part of it. */
export interface RecordedAgentStep {
  readonly key: string
  readonly name: string
  readonly agent: string
  /** Null where the step declared an input of its own; then it is not compared. */
  readonly prompt: string | null
  readonly activity: readonly { readonly kind: 'text' | 'tool' | 'notice'; readonly text: string }[]
  readonly usage: readonly RecordedUsage[]
  /** Null: not known, as another step wrote at the same time. */
  readonly files: readonly RecordedFile[] | null
  readonly end:
    | {
        readonly text: string
        readonly output?: Json
        readonly sessionId: string | null
        readonly stopReason: string
      }
    | { readonly failure: RecordedFailure }
}

/** A file that a step changed; paths are relative to the workspace. */
export interface RecordedFile {
  readonly path: string
  /** SHA-256 of its bytes before; null: it was not there. */
  readonly before: string | null
  /** What it was then; null: it was gone. Bytes that are no text are base64. */
  readonly after:
    | (({ readonly text: string } | { readonly base64: string }) & { readonly executable?: true })
    | null
}

/** A prompt step, as it ended at last. */
export interface RecordedPromptStep {
  readonly key: string
  readonly name: string
  /** `provider/model`. */
  readonly model: string
  readonly system: string | null
  /** Null where the step declared an input of its own; then it is not compared. */
  readonly prompt: string | null
  readonly usage: readonly RecordedUsage[]
  readonly end: { readonly text: string; readonly stopReason: string } | { readonly failure: RecordedFailure }
}
