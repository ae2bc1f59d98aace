import type { Json } from '@holdfast/workflow-sdk/journal'

type Schema = Readonly<Record<string, Json>>

/** Below this depth a schema is only `…`. */
const DEPTH = 3

/**
 * What a JSON Schema takes, in few words for people: `{ channel: "mail" | "chat", port?: number }`; null where the
 * schema says nothing that is simple enough.
 */
export function shapeOf(schema: Json, depth = 0): string | null {
  if (!isSchema(schema)) return null
  if (depth > DEPTH) return '…'
  const { type, items, anyOf, oneOf } = schema
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(' | ')
  if (schema.const !== undefined) return literal(schema.const)
  const options = anyOf ?? oneOf
  if (Array.isArray(options)) return joined(options.map((option) => shapeOf(option, depth + 1)))
  if (Array.isArray(type)) return joined(type.map((one) => shapeOf({ ...schema, type: one }, depth)))
  if (type === 'object') return objectShape(schema, depth)
  if (type === 'array') return listOf((items === undefined ? null : shapeOf(items, depth + 1)) ?? 'any')
  return typeof type === 'string' ? (type === 'integer' ? 'whole number' : type) : null
}

/** A value that the schema takes, to show how one is written; null where none is simple enough. */
export function exampleOf(schema: Json): Json {
  if (!isSchema(schema)) return null
  const { type, items, properties, required } = schema
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (type === 'string') return 'text'
  if (type === 'number' || type === 'integer') return 1
  if (type === 'boolean') return true
  if (type === 'array') return items === undefined ? [] : [exampleOf(items)]
  if (type !== 'object' || !isSchema(properties)) return null
  const names = Array.isArray(required) && required.length > 0 ? required : Object.keys(properties)
  return Object.fromEntries(
    names.flatMap((name) => (typeof name === 'string' ? [[name, exampleOf(properties[name] ?? null)]] : [])),
  )
}

function objectShape({ properties, required }: Schema, depth: number): string {
  if (!isSchema(properties)) return '{ … }'
  const needed = Array.isArray(required) ? required : []
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = needed.includes(name) ? '' : '?'
    const fallback = isSchema(field) && field.default !== undefined ? ` = ${literal(field.default)}` : ''
    return `${name}${optional}: ${shapeOf(field, depth + 1) ?? 'any'}${fallback}`
  })
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function listOf(item: string): string {
  return item.includes(' ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
}

function joined(shapes: readonly (string | null)[]): string | null {
  return shapes.every((shape) => shape !== null) ? [...new Set(shapes)].join(' | ') : null
}

function literal(value: Json): string {
  return JSON.stringify(value)
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
