import type { AgentRequest } from '@holdfast/workflow-sdk/ports'
import { baseEnvironment, type Environment } from '@holdfast/workspace'
import type { AcpSettings } from '../author/acp.ts'

/** Variables of the user that reach every agent of this protocol; its own are named in the reference. */
export const ACP_PASSED_ON = [
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
] as const

/** The whole environment of a session, but for the marker, which the start of the process adds. */
export function acpEnvironment(
  user: Environment,
  settings: AcpSettings,
  request: Pick<AgentRequest, 'env'>,
): Record<string, string> {
  const environment: Record<string, string> = baseEnvironment({}, user)
  for (const name of [...ACP_PASSED_ON, ...(settings.passOn ?? [])]) {
    const value = user[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, ...settings.env, ...request.env }
}
