/** Variables as a process has them; undefined ones are left out. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a program needs to work at all, and nothing that changes what it does. */
const BASE = ['PATH', 'HOME', 'LANG', 'TERM', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL', 'TZ']

/**
 * A clean environment for programs that react to inherited variables, such as agents: `PATH`, `HOME`,
 * `LANG`, `LC_*`, `TERM`, `TMPDIR`, `USER`, `LOGNAME`, `SHELL`, `TZ` of `parent`, and `additions`.
 */
export function baseEnvironment(additions: Environment = {}, parent: Environment = process.env) {
  const inherited = Object.entries(parent).filter(([name]) => BASE.includes(name) || name.startsWith('LC_'))
  return defined([...inherited, ...Object.entries(additions)])
}

/**
 * Everything of `parent` without the variables of Holdfast itself (`HOLDFAST_*`: markers of the run this
 * process may belong to, addresses of stores), and `additions`.
 */
export function parentEnvironment(additions: Environment = {}, parent: Environment = process.env) {
  const inherited = Object.entries(parent).filter(([name]) => !name.startsWith('HOLDFAST_'))
  return defined([...inherited, ...Object.entries(additions)])
}

function defined(entries: readonly (readonly [string, string | undefined])[]): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of entries) {
    if (value === undefined) delete environment[name]
    else environment[name] = value
  }
  return environment
}
