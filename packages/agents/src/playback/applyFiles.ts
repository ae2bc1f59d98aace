import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { RecordedFile } from './format.ts'

/** A file that is not as it was when the run was recorded. */
export interface FileDifference {
  readonly path: string
  readonly why: string
}

/**
 * Makes the changes of a step in a workspace, all or none: each file must be as it was before the recorded step, or as it
 * was after it. Answers the first that is neither; null when all were made.
 */
export async function applyFiles(
  workspacePath: string,
  files: readonly RecordedFile[],
): Promise<FileDifference | null> {
  const root = await realpath(workspacePath)
  for (const file of files) {
    const why = await differenceOf(root, file)
    if (why !== null) return { path: file.path, why }
  }
  for (const file of files) await apply(path.join(root, file.path), file)
  return null
}

async function differenceOf(
  root: string,
  { path: name, before, after }: RecordedFile,
): Promise<string | null> {
  const file = path.join(root, name)
  if (!(await staysIn(root, file))) return 'a link on the way to it leads out of the workspace'
  const there = await readFile(file).catch(() => null)
  const now = there === null ? null : sha256(there)
  const then = after === null ? null : sha256(bytesOf(after))
  if (now === before || now === then) return null
  return now === null
    ? 'it is not there'
    : before === null
      ? 'it is there already, with another content'
      : 'its content is another one'
}

/** Whether no part of the way, nor the file itself, is a link. */
async function staysIn(root: string, file: string): Promise<boolean> {
  for (let at = file; at !== root && at.startsWith(root); at = path.dirname(at)) {
    const found = await lstat(at).catch(() => null)
    if (found?.isSymbolicLink() === true) return false
  }
  return true
}

async function apply(file: string, { after }: RecordedFile): Promise<void> {
  if (after === null) return rm(file, { force: true })
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, bytesOf(after))
  await chmod(file, after.executable === true ? 0o755 : 0o644)
}

function bytesOf(content: NonNullable<RecordedFile['after']>): Buffer {
  return 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64')
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
