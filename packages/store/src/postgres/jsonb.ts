/**
 * JSON text as jsonb can hold it. PostgreSQL refuses NUL and lone surrogates there; each becomes the private
 * character U+E000 and four hexadecimal digits, which {@link fromJsonb} turns back. A U+E000 of the value is
 * written in the same way, so that nothing else looks like it.
 */
export function toJsonb(text: string): string {
  if (!/\\u0000|\\ud|\ue000/.test(text)) return text
  return text.replaceAll(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|u[0-9a-f]{4}|.)|\ue000/g, (all, code?: string) =>
    code === undefined ? (all === '\ue000' ? '\ue000e000' : all) : `\ue000${code}`,
  )
}

/** The JSON text that {@link toJsonb} was given, but for spaces and the order of keys. */
export function fromJsonb(text: string): string {
  if (!text.includes('\ue000')) return text
  return text.replaceAll(/\ue000([0-9a-f]{4})/g, (_all, code: string) =>
    code === 'e000' ? '\ue000' : `\\u${code}`,
  )
}
