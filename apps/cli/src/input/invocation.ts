import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, relative, resolve } from 'node:path'

/** What is known of how this process was started. */
export interface Started {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Path of the script, as Node.js got it. */
  readonly script: string
  /** Path of the running Node.js. */
  readonly node: string
  readonly cwd: string
}

/** How the command was called. */
export interface Invocation {
  /** The words before its name of a command; they work when they are typed again where the person is. */
  readonly words: string
  /** Where the person is: npm changes the folder for its scripts. */
  readonly cwd: string
}

/**
 * Finds out how the command was called: `npx holdfast`, `npm run NAME --`, by name, or by path. npm tells its scripts
 * so in their environment (docs.npmjs.com, "scripts", section "environment"), which programs below them inherit:
 * it counts only where the script is this command.
 */
export function invocation({ env, script, node, cwd }: Started): Invocation {
  const name = env.npm_lifecycle_event
  const line = (env.npm_lifecycle_script ?? '').trim()
  const isOurs = /(?:^|[\s/\\"'])holdfast(?:\.js)?["']?$/.test(line)
  if (name === undefined) return { words: direct({ env, script, node, cwd }), cwd }
  if (!isOurs) return { words: belowNpm({ env, script, node, cwd }), cwd }
  if (name === 'npx') return { words: `npx ${prefix(env, cwd)}holdfast`, cwd }
  const here = env.INIT_CWD ?? cwd
  return { words: `npm ${prefix(env, here)}run ${name} --`, cwd: here }
}

/** Another script of npm has started it, on a PATH that the person does not have. */
function belowNpm(started: Started): string {
  const { env, script } = started
  const place = env.npm_config_local_prefix ?? ''
  if (isSame(join(place, 'node_modules', '.bin', 'holdfast'), script))
    return `npx ${prefix(env, env.INIT_CWD ?? started.cwd)}holdfast`
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.endsWith('node_modules/.bin'))
  return direct({ ...started, env: { ...env, PATH: path.join(delimiter) } })
}

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** npm looks in the package around the current folder unless it is told another one. */
function prefix(env: Started['env'], here: string): string {
  const place = env.npm_config_local_prefix
  if (place === undefined || !relative(place, here).startsWith('..')) return ''
  return `--prefix ${shellWord(shorter(place, here))} `
}

function direct({ env, script, node, cwd }: Started): string {
  const onPath = (name: string): string | undefined =>
    (env.PATH ?? '')
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find((path) => isAbsolute(path) && existsSync(path))
  if (isSame(onPath('holdfast'), script)) return 'holdfast'
  const path = shorter(script, cwd)
  const file = shellWord(path.includes('/') ? path : `./${path}`)
  if (basename(script) === 'holdfast') return file
  return `${isSame(onPath('node'), node) ? 'node' : shellWord(node)} ${file}`
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b)
}

/** The path as it is, or from the current folder, where that is shorter. */
function shorter(path: string, cwd: string): string {
  const near = relative(cwd, resolve(cwd, path))
  return near !== '' && near.length < path.length ? near : path
}
