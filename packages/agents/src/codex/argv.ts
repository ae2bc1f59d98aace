import type { PermissionMode } from '@holdfast/workflow-sdk'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import type { CodexConfigValue, CodexSettings } from '../author/codex.ts'

/** Our permission modes as Codex's sandboxes. */
const SANDBOXES: Readonly<Record<PermissionMode, string>> = {
  plan: 'read-only',
  edit: 'workspace-write',
  full: 'danger-full-access',
}

/** What the argument list is made of. */
export type CodexArguments = Pick<AgentRequest, 'permissionMode'> & {
  /** The session to resume; null starts one. */
  readonly resume: string | null
  readonly model: string | null
  readonly config: CodexSettings['config']
  /** File with the JSON Schema of the answer, or null. */
  readonly schemaFile: string | null
}

/**
 * Arguments of Codex for one headless turn; the prompt goes to standard input (`-`), where one that begins
 * with `-` is no flag. `exec resume` knows no `--sandbox`, so everything is a `-c` entry. Without
 * `--disable unbounded_connection_retries` Codex waits for ever for a server that is not there.
 */
export function codexArguments(of: CodexArguments): string[] {
  const entries = {
    ...of.config,
    // A run must not stop to offer the next version.
    check_for_update_on_startup: false,
    sandbox_mode: SANDBOXES[of.permissionMode],
    approval_policy: 'never',
  }
  return [
    'exec',
    ...(of.resume === null ? [] : ['resume']),
    '--json',
    '--skip-git-repo-check',
    ...['--disable', 'unbounded_connection_retries'],
    ...Object.entries(entries).flatMap(([name, value]) => ['-c', `${name}=${toml(value)}`]),
    ...(of.model === null ? [] : ['--model', of.model]),
    ...(of.schemaFile === null ? [] : ['--output-schema', of.schemaFile]),
    ...(of.resume === null ? [] : [of.resume]),
    '-',
  ]
}

/** A JSON text is a TOML text but for one character. */
function toml(value: CodexConfigValue): string {
  return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`)
}
