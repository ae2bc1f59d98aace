import { ROUTES, type RouteName, type Routes } from '../routes/index.ts'
import type { AnswerOf, Given, Route } from '../routes/route.ts'
import { errorAnswer } from '../schemas/errors.ts'
import { ApiError } from './ApiError.ts'

/** Where the server is, and how it is called. */
export interface ClientOptions {
  /** E.g. `http://127.0.0.1:3456`; default the page's own origin. */
  readonly baseUrl?: string
  readonly token?: string
  /** Default the global one. */
  readonly fetch?: typeof fetch
}

type Part<R, K extends string> = R extends Readonly<Record<K, infer T>> ? Given<T> : undefined
type Needed<K extends string, T> = [T] extends [undefined]
  ? { readonly [key in K]?: undefined }
  : Partial<Record<string, never>> extends T
    ? { readonly [key in K]?: T }
    : undefined extends T
      ? { readonly [key in K]?: T }
      : { readonly [key in K]: T }

/** What a call of an operation takes. */
export type CallOptions<R extends Route> = Needed<'params', Part<R, 'params'>> &
  Needed<'query', Part<R, 'query'>> &
  Needed<'body', Part<R, 'body'>> & {
    readonly signal?: AbortSignal
    readonly headers?: Readonly<Record<string, string>>
  }

/** A call that gives nothing but when to stop. */
interface Nothing {
  readonly signal?: AbortSignal
}

type Result<R extends Route> = R['answer'] extends 'file' ? Response : AnswerOf<R>

/** A function per operation of the API. */
export type Client = {
  readonly [K in RouteName]: (
    ...options: Nothing extends CallOptions<Routes[K]>
      ? [options?: CallOptions<Routes[K]>]
      : [options: CallOptions<Routes[K]>]
  ) => Promise<Result<Routes[K]>>
}

interface AnyCall {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A typed client of the server, for browsers and Node.js.
 * A refusal is thrown as {@link ApiError}; a file is answered as its `Response`, to be streamed.
 */
export function createClient(options: ClientOptions = {}): Client {
  const call =
    (route: Route) =>
    async (given: AnyCall = {}): Promise<unknown> => {
      const send = options.fetch ?? fetch
      const answer = await send(urlOf(route, given, options.baseUrl ?? ''), {
        method: route.method,
        headers: {
          ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...given.headers,
        },
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
        ...(given.signal === undefined ? {} : { signal: given.signal }),
      })
      if (!answer.ok) throw await refusal(answer)
      if (route.answer === 'file') return answer
      return route.answer === null ? null : await answer.json()
    }
  const calls: object = Object.fromEntries(Object.entries(ROUTES).map(([name, route]) => [name, call(route)]))
  return calls as Client
}

function urlOf(route: Route, { params = {}, query = {} }: AnyCall, baseUrl: string): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, typeof value === 'object' ? value.join(',') : String(value))
  }
  const asked = search.toString()
  return `${baseUrl}/api${path}${asked === '' ? '' : `?${asked}`}`
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text()
  try {
    return new ApiError(answer.status, errorAnswer.parse(JSON.parse(text)), text)
  } catch {
    return new ApiError(answer.status, null, text)
  }
}
