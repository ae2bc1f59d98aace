import path from 'node:path'
import { installForTests, type TestProgram } from './installForTests.ts'

/** The version of Claude Code that the tests run against. */
export const CLAUDE_VERSION = '2.1.329'

const PACKAGE = '@anthropic-ai/claude-code'

/**
 * The absolute path of Claude Code {@link CLAUDE_VERSION}, for tests. Installed on first use (some 360 MB); see
 * {@link installForTests}.
 */
export function ensureClaude(): Promise<TestProgram> {
  return installForTests({
    name: `claude-${CLAUDE_VERSION}`,
    dependencies: { [PACKAGE]: CLAUDE_VERSION },
    about: `${PACKAGE}@${CLAUDE_VERSION} (some 360 MB) for the tests`,
    proof: program(),
  })
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
