import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import type { ProgramEnd } from '../programs/runProgram.ts'
import type { RpcError } from './Connection.ts'

/** Where a failed session stood. */
export interface AcpPlace {
  /** What the agent is called. */
  readonly name: string
  readonly sessionId: string | null
}

/** `auth_required` of the protocol. */
const AUTH_REQUIRED = -32_000

/** The error of a call that the agent answered with an error, with its own words. */
export function rpcFailure(place: AcpPlace, method: string, error: RpcError): WorkflowError {
  const said = `${error.message}${error.data === '' ? '' : ` ${error.data}`}`.slice(0, 2000)
  return modelFailure(place, said, { method, rpcCode: error.code }, error.code)
}

/** The error of a model call, judged by the words of the agent and the status that it names. */
export function modelFailure(
  place: AcpPlace,
  said: string,
  details: Readonly<Record<string, unknown>>,
  rpcCode: number | null = null,
): WorkflowError {
  const status = statusIn(said) ?? (rpcCode !== null && rpcCode >= 400 && rpcCode < 600 ? rpcCode : null)
  const { code, what } = judge(place, said, status, rpcCode)
  return failure(place, code, `${what} It said: ${said}`, { ...details, status, said })
}

/** A session that cannot be gone on with. Nothing was spent. */
export function sessionNotFound(place: AcpPlace, why: string): WorkflowError {
  const what = `The agent ${place.name} cannot go on with the session ${place.sessionId}: ${why}. Start a new one.`
  return failure(place, 'AGENT_SESSION_NOT_FOUND', what, {})
}

/** The program ended in the middle. */
export function endedEarly(
  place: AcpPlace,
  end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>,
  unreadable: { readonly lines: number; readonly first: string | null },
): WorkflowError {
  const said = end.stderr.trim().slice(-2000)
  const details = { exitCode: end.exitCode, signal: end.signal, said }
  const words = said === '' ? '' : ` It said: ${said}`
  if (end.signal === null && unreadable.lines > 0 && place.sessionId === null) {
    const what = `The agent ${place.name} printed ${unreadable.lines} lines that are no messages, first: ${JSON.stringify(unreadable.first)}. Look whether its command starts the Agent Client Protocol.${words}`
    return failure(place, 'AGENT_PROTOCOL', what, details)
  }
  const how = end.signal === null ? `left with exit code ${end.exitCode}` : `was ended by ${end.signal}`
  return failure(
    place,
    'AGENT_FAILED',
    `The agent ${place.name} ${how} before its turn was over.${words}`,
    details,
  )
}

/** An error of this agent. */
export function failure(
  place: AcpPlace,
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>>,
): WorkflowError {
  return new WorkflowError(code, message, {
    details: { agent: 'acp', name: place.name, sessionId: place.sessionId, ...details },
  })
}

function judge(
  { name }: AcpPlace,
  said: string,
  status: number | null,
  rpcCode: number | null,
): { readonly code: ErrorCode; readonly what: string } {
  if (rpcCode === AUTH_REQUIRED || status === 401 || status === 403 || SIGN_IN.test(said)) {
    return {
      code: 'AGENT_NOT_SIGNED_IN',
      what: `The agent ${name} has no valid sign-in. Sign in with its own program, pass its key on in \`passOn\`, or name an \`authMethod\`.`,
    }
  }
  if (status === 408 || status === 429 || (status !== null && status >= 500) || BUSY.test(said)) {
    return {
      code: 'AGENT_PROVIDER_OVERLOADED',
      what: `The provider of the agent ${name} did not take the request. Try again later.`,
    }
  }
  return { code: 'AGENT_FAILED', what: `The agent ${name} ended with an error.` }
}

const SIGN_IN = /authentication required|not logged in|invalid api key|incorrect api key|API key not valid/i
const BUSY =
  /rate.?limit|overloaded|too many requests|slow down|fetch failed|ECONNREFUSED|ECONNRESET|stream disconnected|unable to connect/i

/** A status of the provider in the words of an agent. */
function statusIn(said: string): number | null {
  const found = /(?:status(?:Code)?|code|API Error)"?:? ?([45]\d\d)\b/i.exec(said)
  return found === null ? null : Number(found[1])
}
