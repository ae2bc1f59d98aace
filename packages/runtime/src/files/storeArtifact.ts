import { copyFile, constants, link, lstat, open, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { mimeTypeOf } from './mimeTypes.ts'
import { numberedName, safeName } from './names.ts'
import { ownFolder } from './ownFolder.ts'
import { temporaryName } from './replaceFile.ts'

/** What is kept and where. Exactly one of `file` (absolute) and `content` is given. */
export interface ArtifactRequest {
  readonly root: string
  /** Folder that holds the folders of runs, absolute. */
  readonly executions: string
  /** Folder of the run's artifacts of one step, absolute. */
  readonly folder: string
  readonly name: string
  readonly file: string | null
  readonly content: string | Uint8Array | null
  readonly maxBytes: number
}

/** Where an artifact came to lie. */
export interface StoredArtifact {
  /** Relative to the project's root, with `/`. */
  readonly storagePath: string
  readonly sizeBytes: number
  readonly mimeType: string
}

/**
 * Keeps a file or content as an artifact, durably: it appears under its name complete and on disk, or not
 * at all. The same name twice gets a number.
 * @throws WorkflowError `FILE_NOT_FOUND`, `PATH_OUTSIDE_PROJECT`, `ARTIFACT_TOO_LARGE`, `FILE_OPERATION_FAILED`.
 */
export async function storeArtifact(request: ArtifactRequest): Promise<StoredArtifact> {
  const { executions, folder, name, file, content, root } = request
  try {
    if (file !== null) await checkFile(request, file)
    else checkSize(request, content === null ? 0 : Buffer.byteLength(content))
    await ownFolder(executions, folder)
    const temporary = temporaryName(join(folder, `.${safeName(name)}`))
    try {
      if (file === null) await writeNew(temporary, content ?? '')
      else await copyFile(file, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      const sizeBytes = await sync(temporary)
      checkSize(request, sizeBytes)
      const path = await place(temporary, folder, safeName(name))
      return {
        storagePath: relative(root, path).replaceAll('\\', '/'),
        sizeBytes,
        mimeType: mimeTypeOf(name, typeof content === 'string'),
      }
    } finally {
      await rm(temporary, { force: true })
    }
  } catch (error) {
    throw WorkflowError.is(error) ? error : failed(request, error)
  }
}

async function checkFile(request: ArtifactRequest, file: string): Promise<void> {
  // Its path is real; a link that stands there now came in between.
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
    throw new WorkflowError(
      'FILE_NOT_FOUND',
      `The file ${file} of artifact "${request.name}" does not exist. Write it before it is kept.`,
      { details: { name: request.name, file } },
    )
  })
  if (!found.isFile()) throw new Error(`${file} is no file`)
  checkSize(request, found.size)
}

function checkSize({ name, maxBytes }: ArtifactRequest, sizeBytes: number): void {
  if (sizeBytes <= maxBytes) return
  throw new WorkflowError(
    'ARTIFACT_TOO_LARGE',
    `Artifact "${name}" has ${sizeBytes} bytes; the limit is ${maxBytes}. Keep less, or raise ` +
      'artifacts.maxBytes in holdfast.config.ts.',
    { details: { name, sizeBytes, maxBytes } },
  )
}

async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
  } finally {
    await file.close()
  }
}

async function sync(path: string): Promise<number> {
  // Opened for writing because some systems refuse to sync a file that is open for reading; a copied
  // file keeps its mode, which may forbid that.
  const file = await open(path, 'r+').catch(() => open(path, 'r'))
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** Gives the file its name, the first that is free; a hard link fails where a rename would replace. */
async function place(temporary: string, folder: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = join(folder, numberedName(name, number))
    try {
      await link(temporary, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    await syncFolder(dirname(path))
    return path
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function failed({ name }: ArtifactRequest, error: unknown): WorkflowError {
  const reason = error instanceof Error ? error.message : String(error)
  return new WorkflowError('FILE_OPERATION_FAILED', `Artifact "${name}" cannot be kept: ${reason}.`, {
    details: { name, code: (error as NodeJS.ErrnoException).code ?? null },
    cause: error,
  })
}
