import type { PermissionMode } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'

/** Our permission modes in Claude Code's words. */
const MODES: Readonly<Record<PermissionMode, string>> = {
  plan: 'plan',
  edit: 'acceptEdits',
  full: 'bypassPermissions',
}

/** What the argument list is made of. */
export type ClaudeArguments = Pick<
  AgentRequest,
  'permissionMode' | 'allowedTools' | 'maxTurns' | 'outputSchema' | 'resume'
> & {
  readonly sessionId: string
  readonly model: string | null
  /** A session to go on with in a copy, up to the message with this id; null: with all of it. */
  readonly copyOf?: { readonly sessionId: string; readonly lastMessage: string | null }
  /** Messages come while it works. */
  readonly steered?: boolean
}

/**
 * Arguments of Claude Code for one headless turn; the prompt goes to standard input, where one that
 * begins with `-` is no flag. Partial messages are asked for because only they carry the final token
 * counts of a call while the session runs.
 */
export function claudeArguments(of: ClaudeArguments): string[] {
  return [
    '-p',
    ...['--output-format', 'stream-json'],
    '--verbose',
    '--include-partial-messages',
    ...(of.steered === true ? ['--input-format', 'stream-json', '--replay-user-messages'] : []),
    ...['--permission-mode', MODES[of.permissionMode]],
    ...sessionArguments(of),
    ...(of.model === null ? [] : ['--model', of.model]),
    ...(of.maxTurns === null ? [] : ['--max-turns', String(of.maxTurns)]),
    ...(of.outputSchema === null ? [] : ['--json-schema', JSON.stringify(of.outputSchema)]),
    // Takes every argument that follows, so it comes last.
    ...(of.allowedTools.length === 0 ? [] : ['--allowedTools', ...of.allowedTools]),
  ]
}

function sessionArguments({ copyOf, resume, sessionId }: ClaudeArguments): string[] {
  if (copyOf === undefined) return [resume ? '--resume' : '--session-id', sessionId]
  return [
    ...['--resume', copyOf.sessionId, '--fork-session', '--session-id', sessionId],
    ...(copyOf.lastMessage === null ? [] : ['--resume-session-at', copyOf.lastMessage]),
  ]
}
