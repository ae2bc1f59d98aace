import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import { providerTrouble, type TroubleFacts } from '../programs/providerTrouble.ts'
import { brokenOutput } from '../programs/brokenOutput.ts'
import type { ProgramEnd } from '../programs/runProgram.ts'
import type { ClaudeFacts } from './ClaudeStream.ts'

/** What is known about a process of Claude Code that did not succeed. */
export interface ClaudeFailure {
  readonly end: Pick<ProgramEnd, 'exitCode' | 'signal' | 'stderr'>
  readonly facts: ClaudeFacts
  readonly sessionId: string
  readonly model: string | null
}

/**
 * The error of a session that did not succeed, with the program's own words. `details` carry
 * `sessionId`, `exitCode`, `signal`, `said`, `terminalReason` and `status` where there was a result, `kind`, `resetAt` and `quotaModel` (AG31) where it was an error, and `sessionExists: true` when a new session was asked for under the id of an old one.
 */
export function claudeFailure(failure: ClaudeFailure): WorkflowError {
  const said = words(failure)
  const { code, what, details } = judge(failure, said)
  const { result } = failure.facts
  return new WorkflowError(code, said === '' ? what : `${what} It said: ${said}`, {
    details: {
      agent: 'claude',
      sessionId: failure.sessionId,
      exitCode: failure.end.exitCode,
      signal: failure.end.signal,
      said,
      ...details,
      ...(result === null
        ? {}
        : {
            terminalReason: result.terminalReason,
            status: result.apiErrorStatus,
            ...(result.isError ? troubleOf(failure, said) : {}),
            ...(failure.facts.limitedModel === null ? {} : { quotaModel: failure.facts.limitedModel }),
          }),
    },
  })
}

function troubleOf({ facts }: ClaudeFailure, said: string): TroubleFacts {
  const status = facts.result?.apiErrorStatus ?? null
  return providerTrouble({ status, said, stated: facts.limitResetsAt }, Date.now())
}

interface Verdict {
  readonly code: ErrorCode
  readonly what: string
  readonly details?: Readonly<Record<string, unknown>>
}

function judge(failure: ClaudeFailure, said: string): Verdict {
  const { end, facts, sessionId } = failure
  if (/No conversation found with session ID/i.test(`${said} ${end.stderr}`)) {
    return {
      code: 'AGENT_SESSION_NOT_FOUND',
      what: `Claude Code has no session ${sessionId} to resume. Start a new one, or look whether CLAUDE_CONFIG_DIR is the one of the first start.`,
    }
  }
  if (/Session ID \S+ is already in use/i.test(end.stderr)) {
    return {
      code: 'AGENT_FAILED',
      what: `Claude Code has a session ${sessionId} already. Resume it instead of starting it again.`,
      details: { sessionExists: true },
    }
  }
  if (facts.result !== null && facts.result.isError) return judgeResult(failure, said)
  if (end.signal !== null) {
    return {
      code: 'AGENT_FAILED',
      what: `Claude Code was ended by ${end.signal}; its session ${sessionId} can be resumed.`,
    }
  }
  if (facts.result !== null) {
    return {
      code: 'AGENT_FAILED',
      what: `Claude Code reported success but left with exit code ${end.exitCode}.`,
    }
  }
  const broken = brokenOutput({ end, facts }, PROGRAM)
  if (broken !== null) return broken
  return {
    code: 'AGENT_FAILED',
    what: `Claude Code left with exit code ${end.exitCode} before it gave a result; its session ${sessionId} may be resumed.`,
  }
}

const PROGRAM = {
  title: 'Claude Code',
  worksWith: '2.1.329',
  npmPackage: '@anthropic-ai/claude-code',
}

function judgeResult({ facts, model }: ClaudeFailure, said: string): Verdict {
  const result = facts.result
  const status = result?.apiErrorStatus ?? null
  if (result?.subtype === 'error_max_turns' || result?.subtype === 'error_max_budget_usd') {
    return {
      code: 'AGENT_LIMIT_REACHED',
      what: 'Claude Code stopped at a limit of this step. Raise it, or resume the session.',
    }
  }
  if (facts.errorKind === 'authentication_failed' || status === 401 || status === 403 || SIGN_IN.test(said)) {
    return {
      code: 'AGENT_NOT_SIGNED_IN',
      what: 'Claude Code has no valid sign-in. Run `claude` once and sign in, or set ANTHROPIC_API_KEY.',
    }
  }
  if (facts.errorKind === 'model_not_found' || status === 404) {
    return {
      code: 'AGENT_FAILED',
      what: `The provider does not know the model ${model ?? 'of this configuration'}, or this account may not use it. Name another in \`model\`.`,
    }
  }
  if (facts.errorKind === 'rate_limit' || facts.errorKind === 'server_error' || isTransient(status)) {
    return {
      code: 'AGENT_PROVIDER_OVERLOADED',
      what: 'The provider of the model did not take the request, also after retries. Try again later.',
    }
  }
  if (result?.subtype === 'error_during_execution') {
    return { code: 'AGENT_FAILED', what: 'Claude Code was interrupted; its session can be resumed.' }
  }
  return { code: 'AGENT_FAILED', what: 'Claude Code ended with an error.' }
}

/** Words of sign-in trouble that come without a status. */
const SIGN_IN = /not logged in|please run \/login|invalid api key|oauth token (has )?expired/i

/** 529 is what the provider calls overloaded. */
function isTransient(status: number | null): boolean {
  return status === 408 || status === 429 || (status !== null && status >= 500)
}

function words({ end, facts }: ClaudeFailure): string {
  const { result } = facts
  const candidates = [
    result?.errors.join('; '),
    result?.isError === true ? result.text : '',
    end.stderr,
    facts.lastText,
  ]
  return (candidates.find((candidate) => candidate !== undefined && candidate.trim() !== '') ?? '')
    .trim()
    .slice(0, 2000)
}
