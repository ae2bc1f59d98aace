import { COMMON_ERRORS, errorAnswer, ROUTES, type Route } from '@holdfast/api'
import { ERRORS, type ErrorCode } from '@holdfast/workflow-sdk'
import { z } from 'zod'

type Schema = Readonly<Record<string, unknown>>

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: Schema
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>
  readonly components: Schema
}

/** The OpenAPI 3.1 document of the API (spec.openapis.org/oas/v3.1.0), made of the schemas that requests are checked with. */
export function openApiDocument(version: string): OpenApiDocument {
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, Record<string, Schema>> = {}
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description: 'Durable workflows for coding agents. Live events: WebSocket at /api/ws.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operation(name: string, route: Route, schemas: Record<string, unknown>): Schema {
  const body = route.body === undefined ? null : asSchema(route.body, 'input', schemas)
  const errors: readonly ErrorCode[] = [
    ...COMMON_ERRORS,
    ...route.errors,
    ...(route.body === undefined ? [] : (['REQUEST_TOO_LARGE'] as const)),
  ]
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    security: [{}, { token: [] }],
    parameters: [...parameters('path', route.params, schemas), ...parameters('query', route.query, schemas)],
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: !route.body!.safeParse(undefined).success,
            content: { 'application/json': { schema: body } },
          },
        }),
    responses: { ...success(route, schemas), ...refusals(errors, schemas) },
  }
}

function success(route: Route, schemas: Record<string, unknown>): Record<string, Schema> {
  const unchanged = { 304: { description: 'Nothing changed since the ETag that was sent' } }
  if (route.answer === null) return { [route.status]: { description: 'Done' } }
  if (route.answer === 'file') {
    const content = { 'application/octet-stream': {} }
    return {
      200: { description: 'The whole file', content },
      206: { description: 'The range that was asked for', content },
      ...unchanged,
    }
  }
  const content = { 'application/json': { schema: asSchema(route.answer, 'input', schemas) } }
  return {
    [route.status]: { description: 'Done', content },
    ...(route.method === 'GET' ? unchanged : {}),
  }
}

/** One response per status, naming the codes that have it. */
function refusals(codes: readonly ErrorCode[], schemas: Record<string, unknown>): Record<string, Schema> {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERRORS[code].httpStatus)
  const content = { 'application/json': { schema: asSchema(errorAnswer, 'input', schemas) } }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      { description: group.map((code) => `${code}: ${ERRORS[code].title}`).join('; '), content },
    ]),
  )
}

function parameters(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: Record<string, unknown>,
): Schema[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !field.safeParse(undefined).success,
    // What a parameter means once it is read: a number, one of a list, a list with commas.
    schema: asSchema(field, 'output', schemas),
    ...(place === 'query' ? { style: 'form', explode: false } : {}),
  }))
}

/** JSON Schema of a schema; those with a name go to the components. */
function asSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, unknown>): Schema {
  const {
    $schema: _,
    $defs = {},
    ...made
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      // A flag is written out in a query; what it becomes is not said by its schema.
      if (zodSchema instanceof z.ZodPipe && io === 'output' && Object.keys(jsonSchema).length === 0)
        jsonSchema.type = 'boolean'
    },
  }) as Record<string, unknown>
  for (const [name, definition] of Object.entries($defs as Record<string, Record<string, unknown>>)) {
    const { id: _id, ...kept } = definition
    schemas[name] = withReferences(kept)
  }
  const name = z.globalRegistry.get(schema)?.id
  if (name === undefined) return withReferences(made) as Schema
  const { id: _id, ...kept } = made
  schemas[name] = withReferences(kept)
  return { $ref: `#/components/schemas/${name}` }
}

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : withReferences(inner),
    ]),
  )
}
