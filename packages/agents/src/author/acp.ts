import type { AgentReference, PermissionMode } from '@holdfast/workflow-sdk'

/** An agent that speaks the Agent Client Protocol, version 1. */
export interface AcpSettings {
  /** What the agent is called in messages, sessions and usage, e.g. `opencode`. */
  readonly name: string
  /** The program and its arguments; a program without a slash is looked up on PATH. */
  readonly command: readonly string[]
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Names of variables of the person who runs Holdfast that reach the program, e.g. of a key. */
  readonly passOn?: readonly string[]
  /** How to sign in, as the agent names it at `initialize`; without it no `authenticate` is sent. */
  readonly authMethod?: string
  /** Model of steps that name none, as the agent names it. */
  readonly model?: string
  /** Session mode of the agent for each permission mode; see the guide for what holds without it. */
  readonly modes?: Readonly<Partial<Record<PermissionMode, string>>>
}

/** Any agent that speaks the Agent Client Protocol: `acp({ name: 'opencode', command: ['opencode', 'acp'] })`. */
export function acp(settings: AcpSettings): AgentReference {
  return { agent: 'acp', settings: { ...settings } }
}
