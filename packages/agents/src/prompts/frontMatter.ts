import { modelConfigIssue, MODEL_CONFIG_NAMES } from '../models/checkModelConfig.ts'
import { outputSchema, typeIssue } from './outputSchema.ts'

/** A place in a file; from 1, null where it is not known. */
export interface Place {
  readonly line: number | null
  readonly column: number | null
}

/** Front matter that was read, and the text below it. */
export interface FrontMatter {
  readonly fields: Readonly<Record<string, unknown>>
  readonly text: string
  /** Line of the file on which the text begins. */
  readonly textLine: number
}

interface Issue extends Place {
  readonly reason: string
}

const OPENING = /^\uFEFF?---[ \t]*\r?\n/
const CLOSING = /^---[ \t]*(?:\r?\n|$)/m

/** Reads and checks the front matter of a prompt file; a file without any is all text. */
export async function readFrontMatter(source: string): Promise<FrontMatter | { readonly issue: Issue }> {
  const opening = OPENING.exec(source)
  if (opening === null) return { fields: {}, text: source.trimEnd(), textLine: 1 }
  const rest = source.slice(opening[0].length)
  const closing = CLOSING.exec(rest)
  if (closing === null)
    return { issue: { line: 1, column: 1, reason: 'the front matter has no second line ---' } }
  const yaml = rest.slice(0, closing.index)
  const textLine = lines(source.slice(0, opening[0].length + closing.index + closing[0].length)) + 1
  const read = await readYaml(yaml)
  if ('issue' in read) return read
  return {
    ...read,
    text: rest
      .slice(closing.index + closing[0].length)
      .replace(/^(?:\r?\n)+/, '')
      .trimEnd(),
    textLine: textLine + blank(rest, closing),
  }
}

function lines(text: string): number {
  return text.split('\n').length - 1
}

function blank(rest: string, closing: RegExpExecArray): number {
  return lines(/^(?:\r?\n)+/.exec(rest.slice(closing.index + closing[0].length))?.[0] ?? '')
}

/** The line on which the YAML begins. */
const FIRST_LINE = 2

async function readYaml(
  yaml: string,
): Promise<{ readonly fields: FrontMatter['fields'] } | { readonly issue: Issue }> {
  const { LineCounter, parseDocument, isMap } = await import('yaml')
  const counter = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false })
  const at = (offset: number | undefined): Place => {
    if (offset === undefined) return { line: FIRST_LINE, column: null }
    const { line, col } = counter.linePos(offset)
    return { line: line + FIRST_LINE - 1, column: col }
  }
  const [error] = document.errors
  if (error !== undefined)
    return { issue: { ...at(error.pos[0]), reason: `the front matter is no YAML: ${error.message}` } }
  if (document.contents === null) return { fields: {} }
  if (!isMap(document.contents))
    return {
      issue: { ...at(0), reason: 'the front matter is no list of fields such as "model: openai/gpt-5.5"' },
    }
  let given: Record<string, unknown>
  try {
    given = document.toJS({ maxAliasCount: 100 }) as Record<string, unknown>
  } catch (thrown) {
    return { issue: { ...at(0), reason: `the front matter is no YAML: ${String(thrown)}` } }
  }
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const checked = checkField(name, value)
    if ('value' in checked) fields[name] = checked.value
    else {
      const pair = document.contents.items.find((item) => String(item.key) === name)
      const range = (pair?.key as { readonly range?: readonly number[] } | undefined)?.range
      return { issue: { ...at(range?.[0]), reason: checked.reason } }
    }
  }
  return { fields }
}

type Checked = { readonly value: unknown } | { readonly reason: string }

const FIELDS: Readonly<Record<string, (value: unknown) => Checked>> = {
  name: (value) =>
    typeof value === 'string' && /^[\w./-]{1,200}$/.test(value)
      ? { value }
      : { reason: 'name must be of letters, digits and . _ - /' },
  category: text('category'),
  model: (value) =>
    typeof value === 'string' && /^[^/\s]+\/\S+$/.test(value)
      ? { value }
      : { reason: 'model must be written as provider/model, e.g. anthropic/claude-sonnet-4-5' },
  status: (value) =>
    typeof value === 'string' && ['draft', 'active', 'archived'].includes(value.toLowerCase())
      ? { value: value.toLowerCase() }
      : { reason: 'status must be draft, active or archived' },
  config: checkConfig,
  variables: checkVariables,
  output: outputSchema,
}

function checkField(name: string, value: unknown): Checked {
  const check = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
  return check === undefined
    ? { reason: `"${name}" is not known; known are ${Object.keys(FIELDS).join(', ')}` }
    : check(value)
}

function text(name: string): (value: unknown) => Checked {
  return (value) => (typeof value === 'string' ? { value } : { reason: `${name} must be a text` })
}

function checkConfig(value: unknown): Checked {
  if (!isObject(value)) return { reason: 'config must be a list of fields such as "temperature: 0.2"' }
  for (const [name, setting] of Object.entries(value)) {
    const issue = modelConfigIssue(name, setting)
    if (issue === undefined)
      return { reason: `config.${name} is not known; known are ${MODEL_CONFIG_NAMES.join(', ')}` }
    if (issue !== null) return { reason: `config.${name} ${issue}` }
  }
  return { value }
}

const VARIABLE_FIELDS = ['type', 'description', 'default', 'optional']

/** `[area, tone]`, `{ area: string }` or `{ area: { type: string, default: core } }`. */
function checkVariables(value: unknown): Checked {
  if (Array.isArray(value)) {
    if (!value.every((name) => typeof name === 'string')) return { reason: 'variables must be names' }
    return { value: Object.fromEntries(value.map((name) => [name, { type: null }])) }
  }
  if (!isObject(value)) return { reason: 'variables must be names with their types, e.g. "area: string"' }
  const variables: Record<string, unknown> = {}
  for (const [name, declared] of Object.entries(value)) {
    const given: unknown = typeof declared === 'string' || declared === null ? { type: declared } : declared
    if (!isObject(given)) return { reason: `variables.${name} must be a type or its fields` }
    const unknown = Object.keys(given).find((field) => !VARIABLE_FIELDS.includes(field))
    if (unknown !== undefined)
      return { reason: `variables.${name}.${unknown} is not known; known are ${VARIABLE_FIELDS.join(', ')}` }
    const type = given['type'] ?? null
    if (type !== null && typeIssue(type) !== null) return { reason: `variables.${name} ${typeIssue(type)}` }
    variables[name] = { ...given, type }
  }
  return { value: variables }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
