import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '@holdfast/workspace'
import type { Inspection } from '../programs/inspectProgram.ts'
import { geminiEnvironment, geminiFolder } from './environment.ts'

const TIMEOUT_MS = 20_000

/** Asks the program `file` for its version and looks for a sign-in; nothing is sent to a provider. */
export async function inspectGemini(file: string | null, user: Environment): Promise<Inspection> {
  if (file === null) {
    return { installed: false, version: null, signedIn: null, detail: 'gemini is not on PATH' }
  }
  const signedIn = await isSignedIn(user)
  try {
    const env = geminiEnvironment(user, { env: {} })
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: TIMEOUT_MS, env })
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? null
    return { installed: true, version, signedIn, detail: `${file} ${stdout.trim()}` }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { installed: false, version: null, signedIn, detail: `${file} does not start: ${why.trim()}` }
  }
}

const KEYS = [
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_GENAI_USE_GCA',
] as const

/** A key or the credentials of an account say yes; a key chain may hold them too, which we do not open: unknown. */
async function isSignedIn(user: Environment): Promise<boolean | null> {
  if (KEYS.some((key) => (user[key] ?? '') !== '')) return true
  try {
    await access(path.join(geminiFolder(user), 'oauth_creds.json'))
    return true
  } catch {
    return process.platform === 'linux' ? false : null
  }
}
