import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { locked } from './locked.ts'

/** Packages of npm that are no dependency of the repository, because few need them and they are large. */
export interface Installation {
  /** Name of their folder in the cache; other versions need another name. */
  readonly name: string
  /** Package → exact version. */
  readonly dependencies: Readonly<Record<string, string>>
  /** Package → the version that every package gets, whatever it asks for. */
  readonly overrides?: Readonly<Record<string, string>>
  /** Leaves optional dependencies out, e.g. a program of the platform that is there already. */
  readonly omitOptional?: boolean
  /** What is said while they are installed, e.g. `Claude Code (some 360 MB) for the tests`. */
  readonly about: string
  /** A file, relative to the folder, that a whole installation has. */
  readonly proof: string
}

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * The absolute folder in which packages are installed; npm installs them on first use, without their scripts,
 * and says so on standard error. `HOLDFAST_TEST_CACHE` names another place than the repository's
 * `node_modules/.cache`. @throws Error that says why they cannot be installed.
 */
export async function installOnce(installation: Installation): Promise<string> {
  const folder = path.join(cacheFolder(), installation.name)
  const proof = path.join(folder, installation.proof)
  if (existsSync(proof)) return folder
  await locked(`${folder}.lock`, async () => {
    if (!existsSync(proof)) await install(folder, installation)
  })
  if (!existsSync(proof)) throw new Error(`npm left no ${proof}`)
  return folder
}

/** Whether packages are in the cache already. */
export function isInstalled({ name, proof }: Pick<Installation, 'name' | 'proof'>): boolean {
  return existsSync(path.join(cacheFolder(), name, proof))
}

function cacheFolder(): string {
  const chosen = process.env['HOLDFAST_TEST_CACHE']
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen)
  return path.join(REPOSITORY, 'node_modules', '.cache', 'holdfast')
}

const UNFINISHED = '.installing'

/** Installs beside the folder and renames, so that a half installation is never taken for a whole one. */
async function install(folder: string, installation: Installation): Promise<void> {
  const { dependencies, overrides, omitOptional = false, about } = installation
  process.stderr.write(`Installing ${about} into ${folder} …\n`)
  await removeUnfinished(folder)
  const temporary = `${folder}.${process.pid}${UNFINISHED}`
  await mkdir(temporary, { recursive: true })
  const manifest = { private: true, type: 'module', dependencies, overrides }
  await writeFile(path.join(temporary, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const flags = [
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel=error',
    ...(omitOptional ? ['--omit=optional'] : []),
  ]
  await npm(['install', '--prefix', temporary, ...flags])
  await rm(folder, { recursive: true, force: true })
  await rename(temporary, folder)
}

/** What installations left that were killed; the lock says that none of them is under way. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(path.dirname(folder))
  const left = names.filter(
    (name) => name.startsWith(`${path.basename(folder)}.`) && name.endsWith(UNFINISHED),
  )
  for (const name of left) await rm(path.join(path.dirname(folder), name), { recursive: true, force: true })
}

/** npm silently picks another version where its Node does not fit the package's, so ours comes first on PATH. */
async function npm(args: readonly string[]): Promise<void> {
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`
  const child = spawn('npm', args, { env: { ...process.env, PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString('utf8')))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`npm left with ${code}: ${said.trim().slice(-1000)}`)
}
