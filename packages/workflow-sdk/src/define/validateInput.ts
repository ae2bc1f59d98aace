import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ErrorCode } from '../errors/catalogue.ts'
import { WorkflowError } from '../errors/WorkflowError.ts'

/** One field that does not fit: its path such as `items[0].name`, and why. */
export interface FieldIssue {
  readonly path: string
  readonly message: string
}

/**
 * Checks a value against any Standard Schema and gives the schema's output.
 * @param what Names the value in the message, e.g. `The input of workflow "x"`.
 * @throws WorkflowError `code` (default `INPUT_INVALID`) naming every field; `details.issues` lists them.
 */
export async function validateWith<T>(
  schema: StandardSchemaV1<unknown, T>,
  value: unknown,
  what: string,
  code: ErrorCode = 'INPUT_INVALID',
): Promise<T> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map((issue): FieldIssue => ({
    path: pathText(issue.path),
    message: issue.message,
  }))
  const list = issues.map((issue) => describe(issue)).join('; ')
  throw new WorkflowError(code, `${what} does not fit: ${list}.`, { details: { issues } })
}

function describe({ path, message }: FieldIssue): string {
  // Some libraries begin their messages with the path.
  if (path !== '' && message.startsWith(`${path} `)) return message
  return `${path === '' ? 'the value' : path}: ${message}`
}

function pathText(path: StandardSchemaV1.Issue['path']): string {
  let text = ''
  for (const part of path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    text += typeof key === 'number' ? `[${key}]` : text === '' ? String(key) : `.${String(key)}`
  }
  return text
}
