import type { Json } from '@holdfast/workflow-sdk/journal'
import type { PromptVersion } from '@holdfast/workflow-sdk/ports'

type Schema = NonNullable<PromptVersion['output']>['schema']

/** A schema that checks what a JSON Schema describes. @throws Error where that uses what cannot be checked. */
export async function checkerOf(jsonSchema: Json): Promise<Schema> {
  const { z } = await import('zod')
  return z.fromJSONSchema(jsonSchema as Parameters<typeof z.fromJSONSchema>[0])
}

/** Why answers cannot be checked against a JSON Schema; null: they can. */
export async function schemaIssue(jsonSchema: Json): Promise<string | null> {
  if (jsonSchema === null) return null
  try {
    await checkerOf(jsonSchema)
    return null
  } catch (error) {
    return `output cannot be checked: ${error instanceof Error ? error.message : String(error)}`
  }
}
