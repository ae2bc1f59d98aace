import os from 'node:os'
import path from 'node:path'
import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { baseEnvironment, type Environment } from '@holdfast/workspace'

/**
 * Variables of the user that reach Gemini CLI: sign-in, endpoint, network, home. All others that begin
 * with GEMINI_ or GOOGLE_ are kept back: they would change what a run does from one machine to the next.
 */
export const GEMINI_PASSED_ON = [
  // Sign-in
  ...['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GEMINI_CLI_HOME', 'GOOGLE_APPLICATION_CREDENTIALS'],
  ...['GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION'],
  // Endpoint and model
  ...['GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL', 'GEMINI_CLI_CUSTOM_HEADERS', 'GEMINI_MODEL'],
  // Network
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  // What an administrator has decided
  ...['GEMINI_CLI_SYSTEM_SETTINGS_PATH', 'GEMINI_CLI_SYSTEM_DEFAULTS_PATH'],
] as const

/** The whole environment of a session, but for the marker, which the start of the process adds. */
export function geminiEnvironment(
  user: Environment,
  request: Pick<AgentRequest, 'env'>,
): Record<string, string> {
  const environment: Record<string, string> = baseEnvironment({}, user)
  for (const name of GEMINI_PASSED_ON) {
    const value = user[name]
    if (value !== undefined) environment[name] = value
  }
  // It would start itself once more as a child, which outlives a SIGKILL of the one we know.
  environment['GEMINI_CLI_NO_RELAUNCH'] = 'true'
  return { ...environment, ...request.env }
}

/** The folder in which Gemini CLI keeps settings, sign-in and sessions. */
export function geminiFolder(environment: Environment): string {
  return path.join(environment['GEMINI_CLI_HOME'] ?? environment['HOME'] ?? os.homedir(), '.gemini')
}
