import os from 'node:os'
import path from 'node:path'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { baseEnvironment, type Environment } from '@holdfast/workspace'

/**
 * Variables of the user that reach Claude Code: who pays, where the model is, how it is reached, which
 * sign-in is used, and the limits of the program. All others that begin with ANTHROPIC_ or CLAUDE_ are
 * kept back: they would change what a run does from one machine to the next, and some mark a process
 * as started by Claude Code itself.
 */
export const PASSED_ON = [
  // Sign-in
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CONFIG_DIR'],
  // Endpoint and models
  ...['ANTHROPIC_BASE_URL', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_MODEL', 'ANTHROPIC_SMALL_FAST_MODEL'],
  ...['ANTHROPIC_DEFAULT_OPUS_MODEL', 'ANTHROPIC_DEFAULT_SONNET_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL'],
  // Cloud providers
  ...['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_SKIP_BEDROCK_AUTH', 'ANTHROPIC_BEDROCK_BASE_URL'],
  ...['AWS_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_BEARER_TOKEN_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_SKIP_VERTEX_AUTH'],
  ...['ANTHROPIC_VERTEX_BASE_URL', 'ANTHROPIC_VERTEX_PROJECT_ID', 'CLOUD_ML_REGION'],
  'GOOGLE_APPLICATION_CREDENTIALS',
  // Network
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'API_TIMEOUT_MS', 'CLAUDE_CODE_MAX_RETRIES'],
  // Limits and privacy
  ...[
    'BASH_DEFAULT_TIMEOUT_MS',
    'BASH_MAX_TIMEOUT_MS',
    'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
    'MAX_THINKING_TOKENS',
  ],
  ...['CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC', 'DISABLE_TELEMETRY', 'DISABLE_ERROR_REPORTING'],
] as const

/** The whole environment of a session, but for the marker, which the start of the process adds. */
export function claudeEnvironment(
  user: Environment,
  request: Pick<AgentRequest, 'env' | 'permissionMode'>,
  asRoot: boolean = process.getuid?.() === 0,
): Record<string, string> {
  const environment: Record<string, string> = baseEnvironment({}, user)
  for (const name of PASSED_ON) {
    const value = user[name]
    if (value !== undefined) environment[name] = value
  }
  // A run must not change the program that the next one uses.
  environment['DISABLE_AUTOUPDATER'] = '1'
  // As root Claude Code refuses to work without questions unless it is told that this is meant.
  if (asRoot && request.permissionMode === 'full') environment['IS_SANDBOX'] = '1'
  return { ...environment, ...request.env }
}

/** The folder in which Claude Code keeps sign-in and sessions. */
export function claudeConfigFolder(environment: Environment): string {
  return environment['CLAUDE_CONFIG_DIR'] ?? path.join(environment['HOME'] ?? os.homedir(), '.claude')
}
