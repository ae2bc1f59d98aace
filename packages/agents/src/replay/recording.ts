import type { TokenCounts } from '@holdfast/workflow-sdk/journal'

/**
 * A recording, version 1: JSON, written by hand or by a program. `docs/guides/agents.md` shows one.
 * Rules are tried in order; the first whose conditions all hold plays its session.
 */
export interface Recording {
  readonly holdfastRecording: 1
  readonly rules: readonly RecordingRule[]
}

/** When a session is played, and what it does. */
export interface RecordingRule {
  readonly when: {
    /** Name of the step. */
    readonly step?: string
    /** Regular expression, found anywhere in the prompt; letters in either case. */
    readonly prompt?: string
    /** Which conversation of the run that fits the other conditions, from 1; without it, each. */
    readonly call?: number
  }
  /** Name shown as the model; default `recorded`. */
  readonly model?: string
  /** What happens, in order. */
  readonly events?: readonly RecordedEvent[]
  /** How it ends. */
  readonly answer: RecordedAnswer
}

/** One event: exactly one of the actions, after `delayMs` times the time scale. */
export type RecordedEvent = RecordedAction & { readonly delayMs?: number }

/** Paths are relative to the folder of the step and stay in it. */
export type RecordedAction =
  | { readonly text: string }
  | { readonly tool: string }
  | { readonly write: { readonly path: string; readonly content: string } }
  /** Replaces the first place where `old` stands. */
  | { readonly edit: { readonly path: string; readonly old: string; readonly new: string } }
  | { readonly delete: { readonly path: string } }
  /** A unified diff over one or several files, as `git diff` prints it. */
  | { readonly patch: string }
  /** Run by `sh -c`; the session fails when its exit code is not 0, unless `allowFailure`. */
  | { readonly shell: { readonly command: string; readonly allowFailure?: boolean } }
  /** Goes on when the file exists; for tests that must stop a session at a known place. */
  | { readonly waitForFile: string }
  /** One model call. `costUsd` is what it cost when it was recorded; without it the cost is unknown. */
  | { readonly usage: Partial<TokenCounts> & { readonly costUsd?: number } }

/** An answer, or the failure that the session ends with. */
export type RecordedAnswer =
  | { readonly text: string; readonly output?: unknown; readonly stopReason?: string }
  | { readonly fail: { readonly code: RecordedFailure; readonly message: string } }

/** Failures that a recording can end with. */
export const RECORDED_FAILURES = [
  'AGENT_FAILED',
  'AGENT_LIMIT_REACHED',
  'AGENT_NOT_SIGNED_IN',
  'AGENT_PROVIDER_OVERLOADED',
  'AGENT_SESSION_NOT_FOUND',
] as const
/** Code of a recorded failure. */
export type RecordedFailure = (typeof RECORDED_FAILURES)[number]
