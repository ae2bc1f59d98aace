import type { ErrorCode } from '@holdfast/workflow-sdk'
import type { z } from 'zod'

/** What a route is: everything that server, client and OpenAPI document know of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api`; parameters as `:name`. */
  readonly path: `/${string}`
  /** What documents group it under. */
  readonly tag: string
  readonly summary: string
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** The status of success. */
  readonly status: 200 | 201 | 202 | 204
  /** Shape of the answer; `file`: the bytes of a file, with ranges; null: none. */
  readonly answer: z.ZodType | 'file' | null
  /** Codes that it may refuse with beside {@link COMMON_ERRORS}. */
  readonly errors: readonly ErrorCode[]
}

/** Declares a route without losing what its schemas are. */
export function route<const T extends Route>(parts: T): T {
  return parts
}

/** Codes that every route may refuse with. */
export const COMMON_ERRORS = [
  'REQUEST_INVALID',
  'ACCESS_DENIED',
  'ORIGIN_NOT_ALLOWED',
  'STORE_UNAVAILABLE',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

/** What the server is handed of a part of a request, after its check. */
export type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined

/** What a caller gives for a part of a request. */
export type Given<T> = T extends z.ZodType ? z.input<T> : undefined

/** What a route answers, as the server has to make it and the client gets it. */
export type AnswerOf<R extends Route> = R['answer'] extends z.ZodType ? z.output<R['answer']> : null
