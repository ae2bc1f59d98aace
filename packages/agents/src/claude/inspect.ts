import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { AgentAdapter } from '@holdfast/workflow-sdk/ports'
import type { Environment } from '@holdfast/workspace'
import { claudeConfigFolder } from './environment.ts'

/** What `doctor` shows of an agent. */
export type Inspection = Awaited<ReturnType<AgentAdapter['inspect']>>

const TIMEOUT_MS = 20_000

/** Asks the program `file` for its version and looks for a sign-in; nothing is sent to a provider. */
export async function inspectClaude(file: string | null, user: Environment): Promise<Inspection> {
  if (file === null) {
    return { installed: false, version: null, signedIn: null, detail: 'claude is not on PATH' }
  }
  const signedIn = await isSignedIn(user)
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: TIMEOUT_MS })
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null
    return { installed: true, version, signedIn, detail: `${file} ${stdout.trim()}` }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { installed: false, version: null, signedIn, detail: `${file} does not start: ${why.trim()}` }
  }
}

const KEYS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
] as const

/** A key or a credentials file says yes. On macOS the key chain may hold one, which we do not open: unknown. */
async function isSignedIn(user: Environment): Promise<boolean | null> {
  if (KEYS.some((key) => (user[key] ?? '') !== '')) return true
  try {
    await access(path.join(claudeConfigFolder(user), '.credentials.json'))
    return true
  } catch {
    return process.platform === 'darwin' ? null : false
  }
}
