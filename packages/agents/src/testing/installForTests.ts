import path from 'node:path'
import { installOnce, type Installation } from './installOnce.ts'

/** A program for tests, or why there is none. */
export type TestProgram = { readonly file: string } | { readonly skip: string }

/**
 * The absolute path of the `proof` of an {@link Installation}, which npm installs on first use and says so on standard
 * error; `HOLDFAST_TEST_CACHE` names another folder. Outside CI the answer is `{ skip }` with the reason when it cannot
 * be installed; under CI (`CI` is set) that throws.
 */
export async function installForTests(installation: Installation): Promise<TestProgram> {
  try {
    return { file: path.join(await installOnce(installation), installation.proof) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if ((process.env['CI'] ?? '') !== '') throw error
    return { skip: `${installation.about} could not be installed: ${why}` }
  }
}
