import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Route } from '@holdfast/api'
import type { z } from 'zod'

/** Where in a request something is wrong. */
interface Issue {
  readonly field: string
  readonly message: string
}

/** The parts of a request as its route's schemas make them. @throws WorkflowError `REQUEST_INVALID` naming every field. */
export function parseRequest(
  route: Route,
  request: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
): { readonly params: unknown; readonly query: unknown; readonly body: unknown } {
  const issues: Issue[] = []
  const parse = (part: 'params' | 'query' | 'body', given: unknown): unknown => {
    const schema = route[part]
    if (schema === undefined) return undefined
    const result = schema.safeParse(given)
    if (result.success) return result.data
    issues.push(...result.error.issues.flatMap((issue) => named(part, issue)))
    return undefined
  }
  const parsed = {
    params: parse('params', request.params),
    query: parse('query', inCamelCase(route.query, request.query)),
    body: parse('body', request.body),
  }
  if (issues.length === 0) return parsed
  const list = issues.map(({ field, message }) => `${field}: ${message}`).join('; ')
  throw new WorkflowError('REQUEST_INVALID', `${route.method} /api${route.path} does not fit: ${list}.`, {
    details: { issues },
  })
}

function named(part: string, issue: z.core.$ZodIssue): Issue[] {
  const at = [part, ...issue.path.map(String)].join('.')
  if (issue.code !== 'unrecognized_keys') return [{ field: at, message: issue.message }]
  return issue.keys.map((key) => ({ field: `${at}.${key}`, message: 'is not known here' }))
}

/** Query parameters may be written in snake_case, as the columns that they ask about. */
function inCamelCase(schema: z.ZodType | undefined, query: unknown): unknown {
  if (schema === undefined) return query
  return Object.fromEntries(
    Object.entries(query as Readonly<Record<string, unknown>>).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}
