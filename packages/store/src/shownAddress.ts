/** What is shown in place of what may be a secret. */
const HIDDEN = '…'

/**
 * An address that could not be understood, as a message may show it. In such a one nobody can say where the password
 * ends: one that is not escaped may hold `/`, `?`, `#` and `@`. So everything between the user and the last `@` is
 * hidden, and everything behind a `?` or `#`.
 */
export function shownAddress(address: string): string {
  const [head = ''] = HEAD.exec(address) ?? []
  const at = address.lastIndexOf('@')
  const more = address.search(/[?#]/)
  if (at < 0) return more < 0 ? address : `${address.slice(0, more + 1)}${HIDDEN}`
  // Behind the `@` of a password may lie the host, behind one of a parameter the rest of a password.
  if (more >= 0 && more < at) return `${head}${HIDDEN}`
  const host = more < 0 ? address.slice(at) : `${address.slice(at, more + 1)}${HIDDEN}`
  return at === head.length ? `${head}${host}` : `${head}${HIDDEN}${host}`
}

/** Scheme and user, with the `:` behind it; without `//` it is not known what is a user. */
const HEAD = /^[a-z][a-z\d+.-]*:(?:\/\/(?:[^:/@?#]*:|[^:/@?#]*(?=@)))?/i
