import type { FileHandle } from 'node:fs/promises'
import { fileError } from './fileError.ts'
import { openInside } from './openInside.ts'
import { replaceFile } from './replaceFile.ts'

/** Bytes that are held in memory at a time: 1 MiB. */
const CHUNK_BYTES = 1024 * 1024

/**
 * Copies one file byte by byte, of any size, with its permissions; what was at `to` is replaced in one step.
 * @throws WorkflowError `FILE_NOT_FOUND`, `PATH_OUTSIDE_WORKSPACE`, `FILE_OPERATION_FAILED` (a folder, no space).
 */
export async function copyFileInside(workspacePath: string, from: string, to: string): Promise<void> {
  try {
    await using source = await openInside(workspacePath, from)
    const { mode } = await source.stat()
    await replaceFile(workspacePath, to, (target) => copyBytes(source, target), mode)
  } catch (error) {
    throw fileError(`copy to ${JSON.stringify(to)}`, from, error)
  }
}

async function copyBytes(source: FileHandle, target: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES)
    if (bytesRead === 0) return
    // Writes from where the last one ended, all of it or an error.
    await target.writeFile(chunk.subarray(0, bytesRead))
  }
}
