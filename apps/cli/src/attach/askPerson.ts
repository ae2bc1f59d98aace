import { exampleOf, shapeOf } from '@holdfast/engine/shape'
import { confirm, isCancel, log, select, text } from '@clack/prompts'
import type { Json } from '@holdfast/workflow-sdk/journal'
import type { Io } from '../io.ts'
import { oneLine, plainLines } from '../output/format.ts'
import type { OpenQuestion } from './Questions.ts'

/** What a person decided. */
export interface PersonAnswer {
  readonly approved: boolean
  readonly answer?: unknown
  readonly comment?: string
}

interface Terminal {
  readonly input: Io['stdin']
  readonly output: Io['stderr']
  readonly signal: AbortSignal
}

/** Asks one question on the terminal. `later`: the run goes on waiting; `interrupted`: Ctrl-C. */
export async function askPerson(
  io: Io,
  question: OpenQuestion,
  signal: AbortSignal,
): Promise<PersonAnswer | 'later' | 'interrupted'> {
  const terminal = { input: io.stdin, output: io.stderr, signal }
  if (question.body !== '') log.message(plainLines(question.body), { output: io.stderr })
  try {
    if (question.choices.length > 0) return await askChoice(question, terminal)
    if (question.kind === 'approval') return await askApproval(question, terminal)
    return { approved: true, answer: await askValue(question.title, question.answerSchema, terminal) }
  } catch (stop) {
    if (stop instanceof Stopped) return stop.how
    throw stop
  }
}

/** Ends the asking from inside a question. */
class Stopped extends Error {
  readonly how: 'later' | 'interrupted'

  constructor(how: 'later' | 'interrupted') {
    super(how)
    this.how = how
  }
}

async function askApproval(question: OpenQuestion, terminal: Terminal): Promise<PersonAnswer> {
  const decision = taken(
    await select({
      ...terminal,
      message: oneLine(question.title),
      options: [
        { value: 'yes', label: 'Approve' },
        { value: 'no', label: 'Reject' },
        { value: 'later', label: 'Decide later', hint: 'leave; the run waits' },
      ],
    }),
  )
  if (decision === 'later') throw new Stopped('later')
  const comment = taken(await text({ ...terminal, message: 'Comment (may be empty)', defaultValue: '' }))
  return { approved: decision === 'yes', ...(comment === '' ? {} : { comment }) }
}

async function askChoice(question: OpenQuestion, terminal: Terminal): Promise<PersonAnswer> {
  const options = [...question.choices, 'later'].map((value) => ({
    value,
    label: CHOICES[value] ?? value,
  }))
  const choice = taken(await select({ ...terminal, message: oneLine(question.title), options }))
  if (choice === 'later') throw new Stopped('later')
  const approved = choice !== 'fail'
  if (choice !== 'set') return { approved, answer: choice }
  const given = taken(await text({ ...terminal, message: 'Result of the step (JSON, or plain text)' }))
  return { approved, answer: { choice, value: jsonOrText(given) } }
}

/** Words for the choices of the engine's own questions. */
const CHOICES: Readonly<Record<string, string>> = {
  retry: 'Try again',
  again: 'Ask again',
  set: 'Give its result by hand',
  skip: 'Skip it',
  fail: 'Let it fail',
  continue: 'Go on',
  later: 'Decide later',
}

/** Asks for a value by the simple cases of its JSON Schema; what is not simple is typed as JSON. */
async function askValue(message: string, schema: Json, terminal: Terminal): Promise<unknown> {
  const shape = (schema ?? {}) as { readonly type?: string; readonly enum?: readonly Json[] }
  const title = oneLine(message)
  if (shape.enum !== undefined) {
    const options = shape.enum.map((value) => ({
      value,
      label: typeof value === 'string' ? value : JSON.stringify(value),
    }))
    return taken(await select({ ...terminal, message: title, options }))
  }
  if (shape.type === 'boolean') return taken(await confirm({ ...terminal, message: title }))
  const isText = schema === null || shape.type === 'string'
  const example = JSON.stringify(exampleOf(schema))
  const given = taken(
    await text({
      ...terminal,
      message: isText ? title : `${title} (${kindOf(schema)})`,
      ...(isText ? {} : { placeholder: example }),
      validate: (value) => (isText ? undefined : jsonProblem(value ?? '', example)),
    }),
  )
  return isText ? given : (JSON.parse(given) as unknown)
}

/** What to type; that it is JSON has to be said only where it looks like it. */
function kindOf(schema: Json): string {
  const shape = shapeOf(schema) ?? 'any value'
  return /^[a-z ]+$/.test(shape) && shape !== 'any value' ? shape : `JSON: ${shape}`
}

function jsonOrText(given: string): unknown {
  try {
    return JSON.parse(given) as unknown
  } catch {
    return given
  }
}

function jsonProblem(value: string, example: string): string | undefined {
  try {
    JSON.parse(value)
    return undefined
  } catch {
    return `That is no JSON. It is written like this: ${example}`
  }
}

function taken<T>(value: T): Exclude<T, symbol> {
  if (isCancel(value)) throw new Stopped('interrupted')
  return value as Exclude<T, symbol>
}
