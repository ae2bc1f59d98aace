import type { StandardSchemaV1 } from '@standard-schema/spec'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'

interface WithJsonSchema {
  readonly jsonSchema?: { readonly input: (options: { target: string }) => Json }
}

/**
 * The JSON Schema (2020-12) of a Standard Schema whose library can say it (standardschema.dev/json-schema).
 * @throws WorkflowError `OPTION_INVALID` when it cannot.
 */
export function jsonSchemaOf(schema: StandardSchemaV1, what: string): Json {
  const found = tryJsonSchema(schema)
  if (found !== null) return found
  throw new WorkflowError(
    'OPTION_INVALID',
    `The ${what} cannot be told to the agent: ${schema['~standard'].vendor} gives no JSON Schema for it. Use a schema of zod 4.2 or arktype 2.1.28 or newer, without transforms.`,
    {
      details: { vendor: schema['~standard'].vendor },
    },
  )
}

/** The JSON Schema, or null where the library cannot say it. */
export function tryJsonSchema(schema: StandardSchemaV1): Json {
  const { jsonSchema } = schema['~standard'] as WithJsonSchema
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' }) ?? null
  } catch {
    return null
  }
}
