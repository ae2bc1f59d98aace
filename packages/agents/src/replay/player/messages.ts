import type { TokenCounts } from '@holdfast/workflow-sdk/journal'
import type { RecordedFailure } from '../recording.ts'

/** What the player is told, as one JSON text on standard input. */
export interface PlayerJob {
  /** File of the session; its last turn is played. */
  readonly sessionFile: string
  readonly sessionId: string
  /** Absolute folder of the step. */
  readonly cwd: string
  readonly timeScale: number
  readonly permissionMode: 'plan' | 'edit' | 'full'
  /** Largest number of model calls, or null. */
  readonly maxTurns: number | null
}

/** What the player prints, one JSON object a line. */
export type PlayerMessage =
  | { readonly type: 'session'; readonly sessionId: string; readonly model: string; readonly turn: number }
  | { readonly type: 'text' | 'tool' | 'notice'; readonly text: string }
  | {
      readonly type: 'usage'
      readonly callId: string
      readonly tokens: TokenCounts
      readonly costUsd: number | null
    }
  | { readonly type: 'result'; readonly text: string; readonly output?: unknown; readonly stopReason: string }
  | {
      readonly type: 'error'
      readonly code: RecordedFailure | 'AGENT_RECORDING_INVALID'
      readonly message: string
    }
