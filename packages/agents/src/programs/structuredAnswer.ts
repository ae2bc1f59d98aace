import type { Json } from '@holdfast/workflow-sdk/journal'

/** The prompt of an agent whose program cannot bind its answer to a JSON Schema: the schema is asked for in words. */
export function askForJson(prompt: string, schema: Json): string {
  if (schema === null) return prompt
  return `${prompt}\n\nWhen you are done, answer with nothing but one JSON value that fits this JSON Schema:\n${JSON.stringify(schema)}`
}

/** The JSON value of an answer in words, alone or fenced; undefined when there is none. */
export function jsonIn(answer: string): unknown {
  const fenced = /```(?:json)?\n([\s\S]*?)\n```/.exec(answer)
  try {
    return JSON.parse(fenced?.[1] ?? answer)
  } catch {
    return undefined
  }
}
