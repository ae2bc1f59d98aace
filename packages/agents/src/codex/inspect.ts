import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from '@holdfast/workspace'
import { inspectProgram, type Inspection } from '../programs/inspectProgram.ts'
import type { CodexCommand } from './check.ts'
import { codexHome } from './environment.ts'

/** Asks the program for its version and looks for a sign-in; nothing is sent to a provider. */
export function inspectCodex(command: CodexCommand | null, user: Environment): Promise<Inspection> {
  return inspectProgram('codex', command, () => isSignedIn(user))
}

/** A key or `auth.json` says yes. With a provider of the user's own in `config.toml` it is unknown. */
async function isSignedIn(user: Environment): Promise<boolean | null> {
  if ((user['CODEX_API_KEY'] ?? '') !== '') return true
  const home = codexHome(user)
  try {
    await access(path.join(home, 'auth.json'))
    return true
  } catch {
    const config = await readFile(path.join(home, 'config.toml'), 'utf8').catch(() => '')
    return /^\s*model_provider\s*=/m.test(config) ? null : false
  }
}
