import type { AgentReference } from '@holdfast/workflow-sdk'

/** Settings of the Claude Code adapter; all are optional. */
export interface ClaudeSettings {
  /**
   * The program: a name looked up on PATH, or an absolute path. Without it the environment variable
   * `HOLDFAST_CLAUDE_COMMAND` decides, then `claude` on PATH.
   */
  readonly command?: string
  /** Model of steps that name none. */
  readonly model?: string
}

/** Claude Code as the machine has it: `ctx.runCli('plan', claude, '…')`. */
export const claude: AgentReference = Object.freeze({ agent: 'claude' })

/** Claude Code with settings: `claudeWith({ model: 'opus' })`. */
export function claudeWith(settings: ClaudeSettings): AgentReference {
  return { agent: 'claude', settings: { ...settings } }
}
