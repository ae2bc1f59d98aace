import path from 'node:path'
import { installForTests, type TestProgram } from './installForTests.ts'

/** The version of Codex that the tests run against. */
export const CODEX_VERSION = '0.169.0'

const PACKAGE = '@openai/codex'

/**
 * The absolute path of the `codex` command of version {@link CODEX_VERSION}, for tests, as npm installs it: the
 * wrapper that becomes the program of the platform. Installed on first use (some 400 MB); see {@link installForTests}.
 */
export function ensureCodex(): Promise<TestProgram> {
  return installForTests({
    name: `codex-${CODEX_VERSION}`,
    dependencies: { [PACKAGE]: CODEX_VERSION },
    about: `${PACKAGE}@${CODEX_VERSION} (some 400 MB) for the tests`,
    proof: path.join('node_modules', '@openai', 'codex', 'bin', 'codex.js'),
  })
}
