import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import { object, parseObject, text } from '../programs/fields.ts'
import { brokenOutput } from '../programs/brokenOutput.ts'
import { providerTrouble } from '../programs/providerTrouble.ts'
import type { ProgramEnd } from '../programs/runProgram.ts'
import type { CodexFacts } from './CodexStream.ts'

/** What is known about a process of Codex that did not succeed. */
export interface CodexFailure {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>
  readonly facts: CodexFacts
  readonly sessionId: string | null
  readonly model: string | null
}

/**
 * The error of a session that did not succeed, with the program's own words. `details` carry `sessionId`, `exitCode`,
 * `signal`, `said`, `status` where the provider answered with one, and `kind` and `resetAt` (AG31).
 */
export function codexFailure(failure: CodexFailure): WorkflowError {
  const said = words(failure)
  const status = statusIn(said)
  const { code, what } = judge(failure, said, status)
  return new WorkflowError(code, said === '' ? what : `${what} It said: ${said}`, {
    details: {
      agent: 'codex',
      sessionId: failure.sessionId,
      exitCode: failure.end.exitCode,
      signal: failure.end.signal,
      said,
      status,
      ...providerTrouble({ status, said: failure.facts.failure === null ? '' : said }, Date.now()),
    },
  })
}

interface Verdict {
  readonly code: ErrorCode
  readonly what: string
}

function judge(failure: CodexFailure, said: string, status: number | null): Verdict {
  const { end, facts, sessionId } = failure
  if (/no rollout found for thread/i.test(end.stderr)) {
    return {
      code: 'AGENT_SESSION_NOT_FOUND',
      what: `Codex has no session ${sessionId} to resume. Start a new one, or look whether CODEX_HOME is the one of the first start.`,
    }
  }
  if (facts.failure !== null) return judgeTurn(failure, said, status)
  const resumable = sessionId === null ? '' : ` Its session ${sessionId} may be resumed.`
  if (end.signal !== null) {
    return { code: 'AGENT_FAILED', what: `Codex was ended by ${end.signal}.${resumable}` }
  }
  if (facts.threadUsage !== null) {
    return { code: 'AGENT_FAILED', what: `Codex reported success but left with exit code ${end.exitCode}.` }
  }
  const broken = brokenOutput({ end, facts }, PROGRAM)
  if (broken !== null) return broken
  return {
    code: 'AGENT_FAILED',
    what: `Codex left with exit code ${end.exitCode} before it completed its turn.${resumable}`,
  }
}

const PROGRAM = { title: 'Codex', worksWith: '0.169.0', npmPackage: '@openai/codex' }

function judgeTurn({ model }: CodexFailure, said: string, status: number | null): Verdict {
  if (status === 401 || status === 403 || SIGN_IN.test(said)) {
    return {
      code: 'AGENT_NOT_SIGNED_IN',
      what: 'Codex has no valid sign-in. Run `codex login`, or set CODEX_API_KEY or the variable that env_key of the provider names.',
    }
  }
  if (status === 404 || /model .*(not found|does not exist|not supported)/i.test(said)) {
    return {
      code: 'AGENT_FAILED',
      what: `The provider does not know the model ${model ?? 'of this configuration'}, or this account may not use it. Name another in \`model\`.`,
    }
  }
  if (status === 408 || status === 429 || (status !== null && status >= 500) || BUSY.test(said)) {
    return {
      code: 'AGENT_PROVIDER_OVERLOADED',
      what: 'The provider of the model did not take the request, also after retries. Try again later.',
    }
  }
  return { code: 'AGENT_FAILED', what: 'Codex ended with an error.' }
}

/** Words of sign-in trouble that come without a status. */
const SIGN_IN =
  /missing environment variable|not logged in|access token could not be refreshed|invalid api key/i

/** Codex puts a 500 and a lost connection into words without a status. */
const BUSY =
  /high demand|at capacity|overloaded|usage limit|rate limit|stream disconnected|connection failed|error sending request|timed? ?out/i

function statusIn(said: string): number | null {
  const [, status] = /status:? (\d{3})\b/.exec(said) ?? []
  return status === undefined ? null : Number(status)
}

/** The provider's own body, where Codex hands it through, or else the words of Codex. */
function words({ end, facts }: CodexFailure): string {
  const failure = facts.failure ?? ''
  const message = text(object(parseObject(failure)?.['error'])?.['message'])
  const candidates = [message, failure, end.stderr.replaceAll(NOISE, ''), facts.lastText]
  return (candidates.find((candidate) => (candidate ?? '').trim() !== '') ?? '').trim().slice(0, 2000)
}

/** What Codex always says to its standard error. */
const NOISE =
  /^(WARNING: proceeding, even though.*|Reading additional input from stdin.*|Reading prompt from stdin.*)$/gm
