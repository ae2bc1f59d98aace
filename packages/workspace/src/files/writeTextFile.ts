import { fileError } from './fileError.ts'
import { replaceFile } from './replaceFile.ts'

/**
 * Replaces a file's content in one step; see {@link replaceFile}.
 * @throws WorkflowError `PATH_OUTSIDE_WORKSPACE`, `FILE_OPERATION_FAILED` (read-only or full disk, a folder).
 */
export async function writeTextFile(workspacePath: string, path: string, content: string): Promise<void> {
  try {
    await replaceFile(workspacePath, path, (file) => file.writeFile(content, 'utf8'))
  } catch (error) {
    throw fileError('write', path, error)
  }
}
