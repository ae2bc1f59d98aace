import { access } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from '@holdfast/workspace'
import { inspectProgram, type Inspection } from '../programs/inspectProgram.ts'
import { claudeConfigFolder } from './environment.ts'

/** Asks the program `file` for its version and looks for a sign-in; nothing is sent to a provider. */
export function inspectClaude(file: string | null, user: Environment): Promise<Inspection> {
  return inspectProgram('claude', file === null ? null : [file], () => isSignedIn(user))
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
