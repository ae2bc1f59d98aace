import type { ErrorAnswer } from '@holdfast/api'
import { ERRORS, toErrorRecord, WorkflowError } from '@holdfast/workflow-sdk'
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** A refusal, ready to be sent. */
export interface Refusal {
  readonly status: number
  readonly answer: ErrorAnswer
}

/** An error in the one shape that every refusal has. What nobody expected is logged and not shown. */
export function refusalOf(error: unknown, requestId: string, log: FastifyBaseLogger): Refusal {
  const refusal = asRefusal(error)
  const { httpStatus } = ERRORS[refusal.code]
  if (httpStatus === 500) log.error({ err: error, reqId: requestId }, 'A request failed')
  const answer: ErrorAnswer = {
    error: {
      code: refusal.code,
      message: refusal.message,
      details: asPlain(refusal.details),
      docs: `docs/errors/${refusal.code}.md`,
      requestId,
    },
  }
  return { status: httpStatus, answer }
}

/** Answers a request with the error. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, answer } = refusalOf(error, request.id, request.log)
  return reply.status(status).type('application/json; charset=utf-8').send(JSON.stringify(answer))
}

/** The error as one of the catalogue. */
export function asRefusal(error: unknown): WorkflowError {
  if (WorkflowError.is(error)) return error
  const { code, message, statusCode } = error as FastifyError
  if (statusCode === 413)
    return new WorkflowError(
      'REQUEST_TOO_LARGE',
      'The body of the request is larger than 8 MiB. Send less.',
      {
        details: { maxBytes: MAX_BODY_BYTES },
      },
    )
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new WorkflowError('REQUEST_INVALID', `The request cannot be read: ${message}.`, {
      details: { issues: [{ field: 'request', message, reason: code }] },
    })
  return new WorkflowError('INTERNAL', 'Something unexpected went wrong. The log of the server says what.', {
    cause: error,
  })
}

/** Largest body of a request. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024

function asPlain(details: WorkflowError['details']): ErrorAnswer['error']['details'] {
  try {
    return JSON.parse(JSON.stringify(details)) as ErrorAnswer['error']['details']
  } catch (error) {
    return { unserializable: toErrorRecord(error).message }
  }
}
