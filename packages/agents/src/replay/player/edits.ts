import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { RecordedAction } from '../recording.ts'
import { applyPatch, filesOfPatch } from './patch.ts'
import { confine } from './paths.ts'
import type { IntentRecord } from './session.ts'

/** One file that an event changes. */
export interface FileEdit {
  /** Relative to the folder of the step. */
  readonly path: string
  /** The file's text after the edit, from the one before; null stands for no file. @throws Error when it does not fit. */
  readonly apply: (before: string | null) => string | null
}

/** The files that an event changes; none for events that change no file. */
export function editsOf(event: RecordedAction): readonly FileEdit[] {
  if ('write' in event) return [{ path: event.write.path, apply: () => event.write.content }]
  if ('delete' in event) return [{ path: event.delete.path, apply: () => null }]
  if ('edit' in event) return [{ path: event.edit.path, apply: (before) => replaced(event.edit, before) }]
  if ('patch' in event) {
    return filesOfPatch(event.patch).map((file) => ({
      path: file.path,
      apply: (before) => applyPatch(file, before),
    }))
  }
  return []
}

/**
 * Applies an edit once: the hashes before and after are recorded first, so that after a crash it is
 * known whether the file has changed already. `intent` is what an earlier process recorded.
 */
export async function applyOnce(
  cwd: string,
  edit: FileEdit,
  intent: Pick<IntentRecord, 'before' | 'after'> | null,
  record: (hashes: Pick<IntentRecord, 'before' | 'after'>) => Promise<void>,
): Promise<void> {
  const file = await confine(cwd, edit.path)
  const before = await textOf(file)
  if (intent !== null && intent.before !== intent.after && hash(before) === intent.after) return
  const after = edit.apply(before)
  await record({ before: hash(before), after: hash(after) })
  await replaceFile(file, after)
}

function replaced(edit: { path: string; old: string; new: string }, before: string | null): string {
  const at = before?.indexOf(edit.old) ?? -1
  if (before === null || at === -1) {
    throw new Error(`The text to replace is not in ${edit.path}: ${JSON.stringify(edit.old.slice(0, 200))}.`)
  }
  return before.slice(0, at) + edit.new + before.slice(at + edit.old.length)
}

async function textOf(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** A crash leaves the old or the new file, never a part of it. */
async function replaceFile(file: string, text: string | null): Promise<void> {
  if (text === null) return rm(file, { force: true })
  await mkdir(path.dirname(file), { recursive: true })
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`)
  const mode = await modeOf(file)
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}

async function modeOf(file: string): Promise<number> {
  const handle = await open(file, 'r').catch(() => null)
  if (handle === null) return 0o644
  try {
    return (await handle.stat()).mode & 0o777
  } finally {
    await handle.close()
  }
}

function hash(text: string | null): string | null {
  return text === null ? null : createHash('sha256').update(text).digest('hex')
}
