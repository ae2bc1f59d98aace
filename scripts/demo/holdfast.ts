import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../apps/cli/bin/holdfast.js', import.meta.url))

/** How the command is run. */
export interface HoldfastCall {
  /** No terminal for questions. */
  readonly unattended: boolean
  /** Keeps what it prints away from the terminal. */
  readonly quiet?: boolean
}

/** Runs the holdfast command of this repository; answers its exit code. */
export async function holdfast(
  argv: readonly string[],
  { unattended, quiet = false }: HoldfastCall,
): Promise<number> {
  const output = quiet ? 'ignore' : 'inherit'
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, ...argv], {
    stdio: [unattended ? 'ignore' : 'inherit', quiet ? 'ignore' : 2, output],
  })
  // Ctrl-C goes to the whole group: the command asks what to do, and this process waits for it.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  const [code] = (await once(child, 'close')) as [number | null]
  process.off('SIGINT', ignore)
  return code ?? 1
}

/** What the command prints on stdout, as JSON. */
export async function holdfastJson<T>(argv: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, ...argv, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`holdfast ${argv.join(' ')} ended with exit code ${code}.`)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T
}
