import path from 'node:path'
import { installForTests, type TestProgram } from './installForTests.ts'

/** The version of Gemini CLI that the tests run against. */
export const GEMINI_VERSION = '0.61.0'

const PACKAGE = '@google/gemini-cli'

/** Gemini CLI {@link GEMINI_VERSION} for tests (some 100 MB); see `installForTests`. */
export function ensureGemini(): Promise<TestProgram> {
  return installForTests({
    name: `gemini-${GEMINI_VERSION}`,
    dependencies: { [PACKAGE]: GEMINI_VERSION },
    about: `${PACKAGE}@${GEMINI_VERSION} (some 100 MB) for the tests`,
    proof: path.join('node_modules', '.bin', 'gemini'),
  })
}
