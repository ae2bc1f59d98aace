import path from 'node:path'
import { installOnce } from './installOnce.ts'

/** The version of Claude Code that the tests run against. */
export const CLAUDE_VERSION = '2.1.329'

const PACKAGE = '@anthropic-ai/claude-code'

/**
 * The absolute path of Claude Code {@link CLAUDE_VERSION}, for tests. Installs it by npm on first use
 * (some 360 MB) and says so on standard error; `HOLDFAST_TEST_CACHE` names another folder. Outside CI
 * the answer is `{ skip }` with the reason when it cannot be installed; under CI (`CI` is set) that throws.
 */
export async function ensureClaude(): Promise<{ readonly file: string } | { readonly skip: string }> {
  try {
    const folder = await installOnce({
      name: `claude-${CLAUDE_VERSION}`,
      dependencies: { [PACKAGE]: CLAUDE_VERSION },
      about: `${PACKAGE}@${CLAUDE_VERSION} (some 360 MB) for the tests`,
      proof: program(),
    })
    return { file: path.join(folder, program()) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if ((process.env['CI'] ?? '') !== '') throw error
    return { skip: `${PACKAGE}@${CLAUDE_VERSION} could not be installed: ${why}` }
  }
}

/** The package of the platform holds the program itself; the one above it needs an install script. */
function program(): string {
  const platform = `claude-code-${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`
  const name = process.platform === 'win32' ? 'claude.exe' : 'claude'
  return path.join('node_modules', '@anthropic-ai', platform, name)
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime === undefined
}
