import type { Json } from '@holdfast/workflow-sdk/journal'

/** Types of JSON Schema. */
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']
/** What a JSON Schema has at its top, and the short form does not. */
const MARKS = ['$schema', '$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'properties']

/** Why a value names no type; null: it does. */
export function typeIssue(type: unknown): string | null {
  return typeof type === 'string' && TYPES.includes(type) ? null : `must be one of ${TYPES.join(', ')}`
}

/**
 * The JSON Schema of an answer from what a prompt says: a JSON Schema, or its short form `{ score: integer, tags: string[] }`,
 * whose fields are all required.
 */
export function outputSchema(value: unknown): { readonly value: Json } | { readonly reason: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { reason: 'output must be a JSON Schema, or fields with their types, e.g. "score: integer"' }
  const fields = value as Readonly<Record<string, Json>>
  if (isJsonSchema(fields)) return { value: fields }
  const properties: Record<string, Json> = {}
  for (const [name, type] of Object.entries(fields)) {
    const property = propertyOf(type)
    if (property === null)
      return {
        reason: `output.${name} ${typeIssue(null)}, a list of one of them (string[]), or a JSON Schema`,
      }
    properties[name] = property
  }
  return {
    value: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
  }
}

function isJsonSchema(fields: Readonly<Record<string, Json>>): boolean {
  return (
    MARKS.some((mark) => mark in fields && typeof fields[mark] !== 'string') ||
    (fields['type'] === 'array' && 'items' in fields)
  )
}

function propertyOf(type: Json): Json {
  if (typeof type === 'object' && type !== null && !Array.isArray(type)) return type
  if (typeof type !== 'string') return null
  const item = type.endsWith('[]') ? type.slice(0, -2) : null
  if (typeIssue(item ?? type) !== null) return null
  return item === null ? { type } : { type: 'array', items: { type: item } }
}
