import { open, rename, rm } from 'node:fs/promises'
import { threadId } from 'node:worker_threads'

let count = 0

/**
 * Replaces a file in one step: a crash or a reader sees the old or the new content, never a part.
 * @param options.sync Whether the content is on disk when this resolves; default false.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: { readonly sync?: boolean } = {},
): Promise<void> {
  const temporary = temporaryName(path)
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(content)
      if (options.sync === true) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A name beside `path` that no other writer uses, of this or another process. */
export function temporaryName(path: string): string {
  count += 1
  return `${path}.${process.pid}-${threadId}-${count}.tmp`
}
