/** A JSON object whose shape is not known. */
export type Fields = Readonly<Record<string, unknown>>

/** `value` when it is a JSON object, else null. */
export function object(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}

/** `value` when it is a text, else null. */
export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** `value` when it is a finite number, else null. */
export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** The JSON object that a line holds, or null. */
export function parseObject(line: string): Fields | null {
  try {
    return object(JSON.parse(line))
  } catch {
    return null
  }
}
