import path from 'node:path'
import { installForTests, type TestProgram } from './installForTests.ts'
import { isInstalled } from './installOnce.ts'

/** The version of OpenCode that the tests run against. */
export const OPENCODE_VERSION = '1.18.33'

const PACKAGE = `opencode-${process.platform}-${process.arch}`

/**
 * OpenCode {@link OPENCODE_VERSION} for tests, the program of the platform alone. It is heavy to fetch and slow to
 * start, so it is used only where it was installed before, or where `HOLDFAST_TEST_OPENCODE` is set, which installs
 * it (some 180 MB); see `installForTests`.
 */
export async function ensureOpencode(): Promise<TestProgram> {
  const installation = {
    name: `opencode-${OPENCODE_VERSION}`,
    dependencies: { [PACKAGE]: OPENCODE_VERSION },
    about: `${PACKAGE}@${OPENCODE_VERSION} for the tests`,
    proof: path.join('node_modules', PACKAGE, 'bin', 'opencode'),
  }
  if (!isInstalled(installation) && (process.env['HOLDFAST_TEST_OPENCODE'] ?? '') === '') {
    return { skip: 'set HOLDFAST_TEST_OPENCODE=1 to install it' }
  }
  return installForTests(installation)
}
