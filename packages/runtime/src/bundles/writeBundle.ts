import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { replaceFile } from '../files/replaceFile.ts'

/**
 * Makes sure that `cache/{hash}.mjs` holds the bundle, and answers its path. A file that somebody has
 * changed is put right.
 * @throws WorkflowError `FILE_OPERATION_FAILED` when the folder cannot be written.
 */
export async function writeBundle(cache: string, bundle: string, hash: string): Promise<string> {
  const path = join(cache, `${hash}.mjs`)
  // Not through a link, whose end may change after it was compared.
  const there = (await lstat(path).catch(() => null))?.isFile() === true ? await readFile(path, 'utf8') : null
  if (there === bundle) return path
  try {
    await makeCache(cache)
    await replaceFile(path, bundle)
  } catch (error) {
    throw new WorkflowError(
      'FILE_OPERATION_FAILED',
      `The bundle of a workflow cannot be written to ${cache}: ${(error as Error).message}. ` +
        'Make the folder writable; workflows are imported from there.',
      { details: { path }, cause: error },
    )
  }
  return path
}

/** Makes the cache folder, hidden from git whatever the project ignores. */
async function makeCache(cache: string): Promise<void> {
  if ((await mkdir(cache, { recursive: true })) !== undefined)
    await writeFile(join(cache, '.gitignore'), '*\n')
}
