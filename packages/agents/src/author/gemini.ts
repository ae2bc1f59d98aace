import type { AgentReference } from '@holdfast/workflow-sdk'

/** Settings of the Gemini CLI adapter; all are optional. */
export interface GeminiSettings {
  /**
   * The program: a name looked up on PATH, or an absolute path. Without it the environment variable
   * `HOLDFAST_GEMINI_COMMAND` decides, then `gemini` on PATH.
   */
  readonly command?: string
  /** Model of steps that name none. */
  readonly model?: string
}

/** Gemini CLI as the machine has it: `ctx.runCli('plan', gemini, '…')`. */
export const gemini: AgentReference = Object.freeze({ agent: 'gemini' })

/** Gemini CLI with settings: `geminiWith({ model: 'gemini-2.5-pro' })`. */
export function geminiWith(settings: GeminiSettings): AgentReference {
  return { agent: 'gemini', settings: { ...settings } }
}
