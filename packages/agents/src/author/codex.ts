import type { AgentReference } from '@holdfast/workflow-sdk'

/** A value of Codex's configuration. */
export type CodexConfigValue = string | number | boolean | readonly (string | number | boolean)[]

/** Settings of the Codex adapter; all are optional. They are stored with the run: keys belong into the environment. */
export interface CodexSettings {
  /**
   * The program: a name looked up on PATH, or an absolute path. Without it the environment variable
   * `HOLDFAST_CODEX_COMMAND` decides, then `codex` on PATH.
   */
  readonly command?: string
  /** Model of steps that name none. */
  readonly model?: string
  /**
   * Entries of Codex's `config.toml` by dotted name, on top of the file. A server of one's own:
   * `{ model_provider: 'mine', 'model_providers.mine.base_url': 'https://models.example/v1', 'model_providers.mine.env_key': 'MINE_KEY', … }`;
   * the variable that an `env_key` names is passed on.
   */
  readonly config?: Readonly<Record<string, CodexConfigValue>>
  /** Names of further environment variables that Codex gets, e.g. the key of a provider in the user's own `config.toml`. */
  readonly passOn?: readonly string[]
}

/** Codex as the machine has it: `ctx.runCli('build', codex, '…')`. */
export const codex: AgentReference = Object.freeze({ agent: 'codex' })

/** Codex with settings: `codexWith({ model: 'gpt-5.5' })`. */
export function codexWith(settings: CodexSettings): AgentReference {
  return { agent: 'codex', settings: { ...settings } }
}
