import { WorkflowError } from '@holdfast/workflow-sdk'

/*
 * Templates are not type-checked, so every call looks at what it is given before it leaves a trace.
 */

/** @throws WorkflowError `OPTION_INVALID` unless the name of a call is a text of 1 to 200 characters. */
export function requireName(call: string, name: unknown): void {
  if (name === undefined) throw invalid(call, 'no name. Give a text of at most 200 characters.')
  checkName(call, name)
}

/** @throws WorkflowError `OPTION_INVALID` unless `value` is a text; `what` says which argument it is. */
export function requireText(call: string, what: string, value: unknown): void {
  if (typeof value !== 'string') throw invalid(call, `${shown(value)} as its ${what}. Give a text.`)
}

/** As {@link requireText}; an empty text is none. */
export function requireWords(call: string, what: string, value: unknown): void {
  requireText(call, what, value)
  if ((value as string).trim() === '')
    throw invalid(call, `an empty text as its ${what}. Give one that says something.`)
}

/** @throws WorkflowError `OPTION_INVALID` unless `value` can be called. */
export function requireFunction(call: string, value: unknown): void {
  if (typeof value !== 'function')
    throw invalid(call, `${shown(value)} where a function belongs. Give one, e.g. async () => { … }.`)
}

/** @throws WorkflowError `OPTION_INVALID` unless every value is a function of its name. */
export function requireBranches(call: string, branches: unknown): void {
  requireObject(call, 'branches', branches)
  for (const [name, branch] of Object.entries(branches as object))
    requireFunction(`${call}, branch "${name}"`, branch)
}

/** @throws WorkflowError `OPTION_INVALID` unless `value` is an object with names, such as `{ name: 'build' }`. */
export function requireObject(call: string, what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(call, `${shown(value)} as its ${what}. Give an object.`)
}

/**
 * Checks the options of a call; `undefined` are none.
 * @throws WorkflowError `OPTION_INVALID` when they are no object, `OPTION_UNKNOWN` naming the option and the known ones.
 */
export function checkOptions(call: string, options: unknown, known?: readonly string[]): void {
  if (options === undefined) return
  requireObject(call, 'options', options)
  checkName(call, (options as { readonly name?: unknown }).name)
  if (known !== undefined) knownOptions(call, options as object, known)
}

/** @throws WorkflowError `OPTION_UNKNOWN` naming the option and the known ones. */
export function knownOptions(call: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `${call} sets "${option}". Known options: ${known.join(', ')}.`,
      {
        details: { option },
      },
    )
  }
}

/** A call may go without a name. */
function checkName(call: string, name: unknown): void {
  if (name === undefined || (typeof name === 'string' && name.trim() !== '' && name.length <= 200)) return
  throw invalid(call, `${shown(name)} as its name. Give a text of at most 200 characters.`)
}

function invalid(call: string, given: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', `${call} was given ${given}`, { details: { call } })
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol' || typeof value === 'bigint') return String(value)
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch {
    return `a value of type ${typeof value}`
  }
}
