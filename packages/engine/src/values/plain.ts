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
  const walk: Walk = { what, path: [], bytes: 0 }
  return { value: copy(value, walk), roughBytes: walk.bytes }
}

/** What a copy carries along: whose value it is, where in it the copy is, and what it has measured so far. */
interface Walk {
  readonly what: string
  readonly path: (string | number)[]
  bytes: number
}

function copy(value: unknown, walk: Walk): Json {
  switch (typeof value) {
    case 'string':
      walk.bytes += value.length + 2
      return value
    case 'boolean':
      walk.bytes += 5
      return value
    case 'number':
      walk.bytes += 8
      if (!Number.isFinite(value)) throw refuse(walk, `the number ${value}`)
      return Object.is(value, -0) ? 0 : value
    case 'object':
      break
    default:
      throw refuse(walk, describe(value))
  }
  if (value === null) {
    walk.bytes += 4
    return null
  }
  const { path } = walk
  if (path.length > MAX_DEPTH)
    throw refuse(walk, `something nested deeper than ${MAX_DEPTH} levels, perhaps a cycle`)
  if (Array.isArray(value)) {
    const list: Json[] = []
    for (let index = 0; index < value.length; index++) {
      path.push(index)
      list.push(copy(value[index], walk))
      path.pop()
    }
    walk.bytes += value.length + 2
    return list
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refuse(walk, describe(value))
  const object: Record<string, Json> = {}
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    walk.bytes += name.length + 4
    path.push(name)
    const plain = copy(member, walk)
    path.pop()
    if (name === '__proto__') throw refuse(walk, 'a property named __proto__')
    object[name] = plain
  }
  return object
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `an instance of ${value.constructor?.name || 'a class'}`
  return value === undefined ? 'undefined inside a list' : `a ${typeof value}`
}

function refuse({ what, path }: Walk, found: string): WorkflowError {
  const where = pathText(path)
  return new WorkflowError(
    'STEP_OUTPUT_NOT_SERIALIZABLE',
    `${what} that cannot be stored: ${found} at ${where}. Return plain JSON, or call it inside the step.`,
    { details: { path: where } },
  )
}

/** Where the culprit is, cut where a cycle would make it endless. */
function pathText(path: readonly (string | number)[]): string {
  let text = 'result'
  for (const part of path) {
    if (text.length >= 500) break
    text += typeof part === 'number' ? `[${part}]` : `.${part}`
  }
  return text
}
