import type { PermissionMode } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'

/** Our permission modes in Gemini CLI's words. */
const MODES: Readonly<Record<PermissionMode, string>> = {
  plan: 'plan',
  edit: 'auto_edit',
  full: 'yolo',
}

/** What the argument list is made of. */
export type GeminiArguments = Pick<AgentRequest, 'permissionMode' | 'allowedTools' | 'resume'> & {
  readonly sessionId: string
  readonly model: string | null
}

/**
 * Arguments of Gemini CLI for one headless turn; the prompt goes to standard input. `--skip-trust`: who
 * starts a workflow in a folder has decided that it may work there; the mode says what it may do.
 */
export function geminiArguments(of: GeminiArguments): string[] {
  return [
    ...['--output-format', 'stream-json'],
    ...['--approval-mode', MODES[of.permissionMode]],
    '--skip-trust',
    ...[of.resume ? '--resume' : '--session-id', of.sessionId],
    ...(of.model === null ? [] : ['--model', of.model]),
    ...of.allowedTools.flatMap((tool) => ['--allowed-tools', tool]),
    // Without it a program that reads its input from a pipe may wait for a terminal.
    ...['--prompt', ''],
  ]
}
