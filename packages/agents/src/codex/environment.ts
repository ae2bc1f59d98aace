import os from 'node:os'
import path from 'node:path'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { baseEnvironment, type Environment } from '@holdfast/workspace'
import type { CodexSettings } from '../author/codex.ts'

/**
 * Variables of the user that reach Codex: which sign-in and settings are used, who pays, and how the network is
 * reached. All others that begin with OPENAI_ or CODEX_ are kept back: they would change what a run does from one
 * machine to the next, and some mark a process as started by Codex itself.
 */
export const CODEX_PASSED_ON = [
  // Sign-in and settings
  ...['CODEX_HOME', 'CODEX_API_KEY', 'CODEX_ACCESS_TOKEN', 'OPENAI_API_KEY'],
  // Who pays
  ...['OPENAI_ORGANIZATION', 'OPENAI_PROJECT'],
  // Network
  ...[
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'all_proxy',
    'no_proxy',
  ],
  ...['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
] as const

/** The whole environment of a session, but for the marker, which the start of the process adds. */
export function codexEnvironment(
  user: Environment,
  settings: CodexSettings,
  request: Pick<AgentRequest, 'env'>,
): Record<string, string> {
  const environment: Record<string, string> = baseEnvironment({}, user)
  const keys = Object.entries(settings.config ?? {})
    .filter(([name]) => /(^|\.)env_key$/.test(name))
    .map(([, variable]) => String(variable))
  for (const name of [...CODEX_PASSED_ON, ...keys, ...(settings.passOn ?? [])]) {
    const value = user[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, ...request.env }
}

/** The folder in which Codex keeps sign-in, settings and sessions. */
export function codexHome(environment: Environment): string {
  return environment['CODEX_HOME'] ?? path.join(environment['HOME'] ?? os.homedir(), '.codex')
}
