import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'

/** A checked copy of a value, and about how many bytes its JSON takes. */
export interface PlainValue {
  /** `undefined` only at the top. */
  readonly value: Json | undefined
  readonly roughBytes: number
}

const MAX_DEPTH = 200

/**
 * Copies a value as JSON would keep it and refuses what JSON would change: Date, Map, class instances,
 * functions, NaN, cycles (R6). Properties that are `undefined` are left out, as JSON does.
 * @param what Says whose value it is, e.g. `Step "build" of run 019a… returned a value`.
 * @throws WorkflowError `STEP_OUTPUT_NOT_SERIALIZABLE` with the path of the culprit.
 */
export function toPlain(value: unknown, what: string): PlainValue {
  if (value === undefined) return { value: undefined, roughBytes: 0 }
  const size = { bytes: 0 }
  return { value: copy(value, 'result', what, size, 0), roughBytes: size.bytes }
}

function copy(value: unknown, path: string, what: string, size: { bytes: number }, depth: number): Json {
  switch (typeof value) {
    case 'string':
      size.bytes += value.length + 2
      return value
    case 'boolean':
      size.bytes += 5
      return value
    case 'number':
      size.bytes += 8
      if (!Number.isFinite(value)) throw refuse(what, path, `the number ${value}`)
      return Object.is(value, -0) ? 0 : value
    case 'object':
      break
    default:
      throw refuse(what, path, describe(value))
  }
  if (value === null) {
    size.bytes += 4
    return null
  }
  if (depth > MAX_DEPTH)
    throw refuse(what, path, `something nested deeper than ${MAX_DEPTH} levels, perhaps a cycle`)
  if (Array.isArray(value)) {
    const list: Json[] = []
    for (let index = 0; index < value.length; index++) {
      list.push(copy(value[index], `${path}[${index}]`, what, size, depth + 1))
    }
    size.bytes += value.length + 2
    return list
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refuse(what, path, describe(value))
  const object: Record<string, Json> = {}
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    size.bytes += name.length + 4
    const plain = copy(
      member,
      depth === 0 || path.length < 500 ? `${path}.${name}` : path,
      what,
      size,
      depth + 1,
    )
    if (name === '__proto__') throw refuse(what, path, 'a property named __proto__')
    object[name] = plain
  }
  return object
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `an instance of ${value.constructor?.name || 'a class'}`
  return value === undefined ? 'undefined inside a list' : `a ${typeof value}`
}

function refuse(what: string, path: string, found: string): WorkflowError {
  return new WorkflowError(
    'STEP_OUTPUT_NOT_SERIALIZABLE',
    `${what} that cannot be stored: ${found} at ${path}. Return plain JSON, or call it inside the step.`,
    { details: { path } },
  )
}
