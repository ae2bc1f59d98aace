import { pipeline } from 'node:stream/promises'
import { fileError } from './fileError.ts'
import { openInside } from './openInside.ts'
import { replaceFile } from './replaceFile.ts'

/**
 * Copies one file byte by byte, of any size, with its permissions; what was at `to` is replaced in one step.
 * @throws WorkflowError `FILE_NOT_FOUND`, `PATH_OUTSIDE_WORKSPACE`, `FILE_OPERATION_FAILED` (a folder, no space).
 */
export async function copyFileInside(workspacePath: string, from: string, to: string): Promise<void> {
  try {
    await using source = await openInside(workspacePath, from)
    const { mode } = await source.stat()
    await replaceFile(
      workspacePath,
      to,
      async (target) => {
        await pipeline(
          source.createReadStream({ autoClose: false }),
          target.createWriteStream({ autoClose: false }),
        )
      },
      mode,
    )
  } catch (error) {
    throw fileError(`copy to ${JSON.stringify(to)}`, from, error)
  }
}
