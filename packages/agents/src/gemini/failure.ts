import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import { brokenOutput } from '../programs/brokenOutput.ts'
import { providerTrouble } from '../programs/providerTrouble.ts'
import type { ProgramEnd } from '../programs/runProgram.ts'
import type { GeminiFacts } from './GeminiStream.ts'

/** What is known about a process of Gemini CLI that did not succeed. */
export interface GeminiFailure {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>
  readonly facts: GeminiFacts
  readonly sessionId: string
}

/**
 * The error of a session that did not succeed, with the program's own words. `details` carry `sessionId`,
 * `exitCode`, `signal`, `said`, `status` (of the provider, or null), `kind` and `resetAt` (AG31), and `sessionExists: true` when a new
 * session was asked for under the id of an old one.
 */
export function geminiFailure(failure: GeminiFailure): WorkflowError {
  const { end, sessionId } = failure
  const said = words(failure)
  const status = statusOf(failure, said)
  const { code, what, details } = judge(failure, said, status)
  return new WorkflowError(code, said === '' ? what : `${what} It said: ${said}`, {
    details: {
      ...{ agent: 'gemini', sessionId, exitCode: end.exitCode, signal: end.signal, said, status },
      ...details,
      ...providerTrouble({ status, said: failure.facts.result?.isError === true ? said : '' }, Date.now()),
    },
  })
}

interface Verdict {
  readonly code: ErrorCode
  readonly what: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Exit codes that Gemini CLI has names for. */
const EXIT = { notSignedIn: 41, badInput: 42, turnLimit: 53, untrusted: 55 } as const

function judge({ end, facts, sessionId }: GeminiFailure, said: string, status: number | null): Verdict {
  if (/Error resuming session|No previous sessions found/i.test(end.stderr)) {
    return {
      code: 'AGENT_SESSION_NOT_FOUND',
      what: `Gemini CLI has no session ${sessionId} of this folder to resume. It resumes only in the folder in which the session began; start a new one, or look whether GEMINI_CLI_HOME is the one of the first start.`,
    }
  }
  if (/Session ID \S+ already exists/i.test(end.stderr)) {
    return {
      code: 'AGENT_FAILED',
      what: `Gemini CLI has a session ${sessionId} already. Resume it instead of starting it again.`,
      details: { sessionExists: true },
    }
  }
  if (end.exitCode === EXIT.notSignedIn || status === 401 || status === 403 || SIGN_IN.test(said)) {
    return {
      code: 'AGENT_NOT_SIGNED_IN',
      what: 'Gemini CLI has no valid sign-in. Run `gemini` once and sign in, or set GEMINI_API_KEY (with an endpoint of your own also security.auth.selectedType in its settings.json).',
    }
  }
  if (end.exitCode === EXIT.turnLimit) {
    return { code: 'AGENT_LIMIT_REACHED', what: 'Gemini CLI stopped at the largest number of turns.' }
  }
  if (status === 404) {
    return {
      code: 'AGENT_FAILED',
      what: `The provider does not know the model ${facts.model ?? 'of this configuration'}, or this account may not use it. Name another in \`model\`.`,
    }
  }
  if (isTransient(status) || LOST.test(said)) {
    return {
      code: 'AGENT_PROVIDER_OVERLOADED',
      what: 'The provider of the model did not take the request, also after retries. Try again later.',
    }
  }
  return judgeEnd({ end, facts, sessionId })
}

function judgeEnd({ end, facts, sessionId }: GeminiFailure): Verdict {
  if (end.signal !== null) {
    return {
      code: 'AGENT_FAILED',
      what: `Gemini CLI was ended by ${end.signal}; its session ${sessionId} can be resumed.`,
    }
  }
  if (facts.result !== null) {
    return { code: 'AGENT_FAILED', what: `Gemini CLI ended with an error (exit code ${end.exitCode}).` }
  }
  const broken = brokenOutput({ end, facts }, PROGRAM)
  if (broken !== null) return broken
  if (end.exitCode === 0) {
    return {
      code: 'AGENT_FAILED',
      what: `Gemini CLI was interrupted before it gave a result; its session ${sessionId} can be resumed.`,
    }
  }
  return {
    code: 'AGENT_FAILED',
    what: `Gemini CLI left with exit code ${end.exitCode} before it gave a result; its session ${sessionId} may be resumed.`,
  }
}

const PROGRAM = { title: 'Gemini CLI', worksWith: '0.61.0', npmPackage: '@google/gemini-cli' }

/** Words of sign-in trouble that come with another status, or without one. */
const SIGN_IN = /API_KEY_INVALID|API key not valid|API key expired|invalid auth method/i
/** Words of a connection that did not come about, or broke. */
const LOST =
  /fetch failed|ECONNRESET|ECONNREFUSED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|socket hang up|API Error: terminated|other side closed/i

function isTransient(status: number | null): boolean {
  return status === 408 || status === 429 || (status !== null && status >= 500)
}

/** The status of the provider: as the message has it, as the report on standard error, or in the exit code. */
function statusOf({ end, facts }: GeminiFailure, said: string): number | null {
  if (facts.result?.isError !== true) return null
  const stated = /"code":\s*(\d{3})/.exec(said) ?? /^\s*(?:status|code): (\d{3}),?$/m.exec(end.stderr)
  if (stated !== null) return Number(stated[1])
  // It leaves with the status, of which an exit code keeps eight bits; signals end below 144.
  return end.exitCode !== null && end.exitCode >= 144 ? end.exitCode + 256 : null
}

/** What standard error says whatever happens. */
const NOISE = /^(Warning: |YOLO mode is enabled|Ripgrep is not available|\s+at |Loaded cached credentials)/

function words({ end, facts }: GeminiFailure): string {
  const report = end.stderr
    .split('\n')
    .filter((line) => !NOISE.test(line))
    .join('\n')
  const candidates = [facts.result?.message ?? '', report, facts.lastText]
  return (candidates.find((candidate) => candidate.trim() !== '') ?? '').trim().slice(0, 2000)
}
