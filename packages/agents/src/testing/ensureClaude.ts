import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isAlive } from '@holdfast/workspace'

/** The version of Claude Code that the tests run against. */
export const CLAUDE_VERSION = '2.1.329'

const PACKAGE = '@anthropic-ai/claude-code'
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * The absolute path of Claude Code {@link CLAUDE_VERSION}, for tests. Installs it by npm on first use
 * (some 360 MB) and says so on standard error; `HOLDFAST_TEST_CACHE` names another folder. Outside CI
 * the answer is `{ skip }` with the reason when it cannot be installed; under CI (`CI` is set) that throws.
 */
export async function ensureClaude(): Promise<{ readonly file: string } | { readonly skip: string }> {
  const folder = cacheFolder()
  const file = programIn(folder)
  if (existsSync(file)) return { file }
  try {
    await locked(`${folder}.lock`, async () => {
      if (!existsSync(file)) await install(folder)
    })
    if (!existsSync(file)) throw new Error(`npm left no program at ${file}`)
    return { file }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if ((process.env['CI'] ?? '') !== '') throw error
    return { skip: `${PACKAGE}@${CLAUDE_VERSION} could not be installed: ${why}` }
  }
}

function cacheFolder(): string {
  const chosen = process.env['HOLDFAST_TEST_CACHE']
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen, `claude-${CLAUDE_VERSION}`)
  return path.join(REPOSITORY, 'node_modules', '.cache', 'holdfast', `claude-${CLAUDE_VERSION}`)
}

/** The package of the platform holds the program itself; the one above it needs an install script. */
function programIn(folder: string): string {
  const platform = `claude-code-${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`
  const name = process.platform === 'win32' ? 'claude.exe' : 'claude'
  return path.join(folder, 'node_modules', '@anthropic-ai', platform, name)
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime === undefined
}

/** Installs beside the folder and renames, so that a half installation is never taken for a whole one. */
async function install(folder: string): Promise<void> {
  process.stderr.write(
    `Installing ${PACKAGE}@${CLAUDE_VERSION} (some 360 MB) into ${folder} for the tests …\n`,
  )
  const temporary = `${folder}.${process.pid}.installing`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  await npm(['install', '--prefix', temporary, `${PACKAGE}@${CLAUDE_VERSION}`, ...flags])
  await rm(folder, { recursive: true, force: true })
  await rename(temporary, folder)
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

const POLL_MS = 200

/** One process at a time; a lock whose holder is dead is taken over. */
async function locked(file: string, work: () => Promise<void>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  while (!(await takeLock(file))) await delay(POLL_MS)
  try {
    await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (pid > 0 && !isAlive({ pid, startTime: null })) await rm(file, { force: true })
    return false
  }
}
