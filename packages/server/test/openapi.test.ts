import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { OpenApiDocument } from '../src/openapi/document.ts'
import { serveProject, STEPS, until, type Loose, type World } from './world.ts'

/** Requests per operation; the seed is fixed, so that each time the same are made. */
const REQUESTS = 20
const SEED = 20_261_124

let world: World
let document: OpenApiDocument
let ids: readonly string[]

interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Loose }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Loose }>> }
  readonly responses: Readonly<Record<string, unknown>>
}

beforeAll(async () => {
  world = await serveProject({ steps: STEPS })
  document = (await (await world.fetch('/api/openapi.json')).json()) as OpenApiDocument
  const [workflow] = (await world.client.listWorkflows()).items
  const { id } = await world.client.startExecution({
    params: { id: workflow!.id },
    body: { input: { count: 2 } },
  })
  await until(world, id, (status) => status === 'completed')
  ids = [id, workflow!.id, world.holdfast.project.id]
})

/** What leads elsewhere if somebody takes a parameter for a path, and what no id looks like. */
const ODD = [
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  'a\0b',
  '.',
  '..',
  '/',
  '\\..\\',
  'é😀',
  'x'.repeat(199),
  '-1',
  '0',
  '1'.repeat(30),
  "' or 1=1 --",
  '..1.0',
  'x.1.0',
]

/** Values that fit a schema, or nearly. */
function valuesOf(schema: Loose): fc.Arbitrary<unknown> {
  if (schema?.$ref !== undefined) return fc.jsonValue()
  if (schema?.const !== undefined) return fc.constant(schema.const)
  if (schema?.enum !== undefined) return fc.constantFrom(...(schema.enum as unknown[]))
  if (schema?.anyOf !== undefined) return fc.oneof(...(schema.anyOf as Loose[]).map(valuesOf))
  switch (schema?.type) {
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeInteger())
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(valuesOf(schema.items), { maxLength: 3 })
    case 'object': {
      const fields = Object.entries((schema.properties ?? {}) as Record<string, unknown>)
      if (fields.length === 0)
        return fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue(), { maxKeys: 3 })
      return fc.record(Object.fromEntries(fields.map(([name, field]) => [name, valuesOf(field)])), {
        requiredKeys: (schema.required ?? []) as never[],
      })
    }
    case 'string':
      return fc.oneof(
        fc.constantFrom(...ids, 'steps', '10m', '2026-01-01T00:00:00Z'),
        fc.string({ unit: 'binary', maxLength: 12 }),
      )
    default:
      return fc.jsonValue()
  }
}

test('[SV4] the document is one of OpenAPI 3.1, and its references lead somewhere', () => {
  expect(document.openapi).toBe('3.1.0')
  const schemas = document.components.schemas as Record<string, unknown>
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, path]) => path!)
  expect(references.length).toBeGreaterThan(20)
  for (const path of references) expect(schemas).toHaveProperty([path.replace('#/components/schemas/', '')])
  const named = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  )
  expect(new Set(named).size).toBe(named.length)
})

test('[SV4] [SV9] generated requests get documented answers and never 500', async () => {
  // What would end the world that the others need.
  const spared = new Set(['deleteProject', 'deleteWorkflow', 'deleteExecution', 'createProject'])
  const statuses = new Map<number, number>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, made] of Object.entries(methods)) {
      const operation = made as unknown as Operation
      const { operationId, parameters, requestBody, responses } = operation
      const body = requestBody?.content['application/json']?.schema
      const request = fc.record({
        params: fc.dictionary(
          fc.constantFrom('id', 'n'),
          fc.constantFrom(...(spared.has(operationId) ? ODD : [...ODD, ...ids, ...ids, ...ids])),
          {
            minKeys: 2,
          },
        ),
        query: fc.record(
          Object.fromEntries(
            parameters.filter((one) => one.in === 'query').map((one) => [one.name, valuesOf(one.schema)]),
          ),
          { requiredKeys: [] },
        ),
        body:
          body === undefined
            ? fc.constant(undefined)
            : fc.oneof({ weight: 3, arbitrary: valuesOf(body) }, fc.jsonValue()),
      })
      for (const { params, query, body: sent } of fc.sample(request, { numRuns: REQUESTS, seed: SEED })) {
        const search = new URLSearchParams(
          Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
        )
        const url = `${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none').replaceAll('.', '%2E'))}?${search}`
        const answer = await world.fetch(url, {
          method: method.toUpperCase(),
          ...(sent === undefined
            ? {}
            : { body: JSON.stringify(sent), headers: { 'content-type': 'application/json' } }),
        })
        const text = await answer.text()
        const told = `${method} ${url} ${JSON.stringify(sent)} → ${answer.status} ${text.slice(0, 500)}`
        expect(Object.keys(responses), told).toContain(String(answer.status))
        expect(answer.status, told).not.toBe(500)
        expect(text, told).not.toContain('root:')
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      }
    }
  }
  expect([...statuses.keys()].toSorted()).toEqual(expect.arrayContaining([200, 400, 404]))
})
