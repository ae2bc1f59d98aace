import { WorkflowError } from '@holdfast/workflow-sdk'
import type { PromptVersion } from '@holdfast/workflow-sdk/ports'
import type { PromptVariable } from './parsePrompt.ts'
import { fillIn } from './liquid.ts'

/**
 * The text of a prompt with the variables in it.
 * @throws WorkflowError `PROMPT_INVALID` naming what is missing, too much or of another type, or with line and column.
 */
export async function renderPrompt(
  prompt: Pick<PromptVersion, 'name' | 'version' | 'text' | 'variables'>,
  given: Readonly<Record<string, unknown>>,
): Promise<string> {
  const declared = prompt.variables as Readonly<Record<string, PromptVariable>> | null
  const issues = declared === null ? [] : variableIssues(declared, given)
  if (issues.length > 0) throw invalid(prompt, `does not fit its variables: ${issues.join('; ')}`, { issues })
  const filled = await fillIn(prompt.text, declared === null ? given : withDefaults(declared, given))
  if ('text' in filled) return filled.text
  const { line, column, reason } = filled.issue
  throw invalid(prompt, `cannot be filled in: ${reason} at line ${line}, column ${column} of its text`, {
    line,
    column,
  })
}

function variableIssues(
  declared: Readonly<Record<string, PromptVariable>>,
  given: Readonly<Record<string, unknown>>,
): string[] {
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => `"${name}" is none of ${Object.keys(declared).join(', ') || 'them, as it has none'}`)
  const wrong = Object.entries(declared).flatMap(([name, variable]) => {
    if (!Object.hasOwn(given, name))
      return variable.optional === true || variable.default !== undefined ? [] : [`"${name}" is missing`]
    return isOfType(given[name], variable.type) ? [] : [`"${name}" must be of type ${variable.type}`]
  })
  return [...unknown, ...wrong]
}

/** A variable that is left out is nil, which prints nothing and is false. */
function withDefaults(
  declared: Readonly<Record<string, PromptVariable>>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const defaults = Object.entries(declared).map(([name, variable]) => [name, variable.default ?? null])
  return { ...Object.fromEntries(defaults), ...given }
}

function isOfType(value: unknown, type: string | null): boolean {
  switch (type) {
    case null:
      return true
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}

function invalid(
  { name, version }: Pick<PromptVersion, 'name' | 'version'>,
  what: string,
  details: Readonly<Record<string, unknown>>,
): WorkflowError {
  return new WorkflowError('PROMPT_INVALID', `Prompt "${name}", version ${version}, ${what}.`, {
    details: { prompt: name, version, ...details },
  })
}
