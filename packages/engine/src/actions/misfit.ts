import type { Json } from '@holdfast/workflow-sdk/journal'

type Schema = Readonly<Record<string, Json>>

/**
 * Why a value certainly does not fit a JSON Schema, each place named, or an empty list. It looks at `type`,
 * `enum`, `const`, `required`, `properties` and `items` (JSON Schema 2020-12) and passes over what it does not
 * know: the schema of the author decides in the end, this only tells people at once.
 */
export function misfits(schema: Json, value: unknown, place = 'the value'): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return []
  const wanted = schema as Schema
  const types = typesOf(wanted.type)
  if (types.length > 0 && !types.some((type) => isOfType(value, type)))
    return [`${place} is ${nameOf(value)}, expected ${types.join(' or ')}`]
  if (Array.isArray(wanted.enum) && !wanted.enum.some((one) => same(one, value)))
    return [`${place} is ${short(value)}, expected one of ${wanted.enum.map(short).join(', ')}`]
  if (wanted.const !== undefined && !same(wanted.const, value))
    return [`${place} is ${short(value)}, expected ${short(wanted.const)}`]
  if (Array.isArray(value)) return inItems(wanted, value, place)
  return typeof value === 'object' && value !== null ? inFields(wanted, value, place) : []
}

function inItems(schema: Schema, items: readonly unknown[], place: string): string[] {
  const { items: each } = schema
  if (each === undefined) return []
  return items.flatMap((item, index) => misfits(each, item, `${named(place)}[${index}]`))
}

function inFields(schema: Schema, value: object, place: string): string[] {
  const fields = value as Readonly<Record<string, unknown>>
  const path = (name: string): string => (named(place) === '' ? name : `${named(place)}.${name}`)
  const required = Array.isArray(schema.required)
    ? schema.required.filter((name) => typeof name === 'string')
    : []
  const missing = required
    .filter((name) => !Object.hasOwn(fields, name))
    .map((name) => `${path(name)} is missing`)
  const { properties } = schema
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return missing
  const wrong = Object.entries(properties)
    .filter(([name]) => Object.hasOwn(fields, name))
    .flatMap(([name, field]) => misfits(field, fields[name], path(name)))
  return [...missing, ...wrong]
}

/** The root has words in a message, and nothing in a path. */
function named(place: string): string {
  return place === 'the value' ? '' : place
}

function typesOf(type: Json | undefined): string[] {
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? type.filter((one) => typeof one === 'string') : []
}

/** Lenient where a schema may convert: its JSON Schema does not tell whether it does. */
function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
    case 'number':
      return typeof value === 'number' || (typeof value === 'string' && !Number.isNaN(Number(value)))
    case 'string':
    case 'boolean':
      return value !== null && typeof value !== 'object'
    default:
      return true
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function short(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
