/** What stands in the place of a secret; a name where it came from a variable. */
const mark = (name?: string): string => (name === undefined ? '[redacted]' : `[redacted:${name}]`)

/** Names of variables that hold secrets. */
const SECRET_NAMES = /(?:key|token|secret|passw(?:or)?d|credential|auth)/i
/** Shorter values are words that stand everywhere. */
const MIN_LENGTH = 8

/** Forms that keys and tokens have, whoever holds them. */
const SECRET_FORMS: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\bAKIA[A-Z0-9]{16}\b/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<=\/\/[^/\s:@]+:)[^/\s:@]+(?=@)/g,
  /(?<=\b[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*/g,
]

/**
 * Takes secrets out of texts: the values of variables whose names say that they are some, further ones that are given, and
 * whatever has the form of a key.
 */
export function redactor(
  env: Readonly<Record<string, string | undefined>>,
  further: readonly string[] = [],
): (text: string) => string {
  const values = new Map<string, string | undefined>(further.map((value) => [value, undefined]))
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && SECRET_NAMES.test(name)) values.set(value, name)
  const known = [...values]
    .filter(([value]) => value.length >= MIN_LENGTH)
    .toSorted(([a], [b]) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const [value, name] of known) clean = clean.replaceAll(value, mark(name))
    for (const form of SECRET_FORMS) clean = clean.replace(form, mark())
    return clean
  }
}

/** Every text in plain JSON, redacted; names of fields stay. */
export function redacted<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map((one: unknown) => redacted(one, redact)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, redacted(one as unknown, redact)]),
  ) as T
}
