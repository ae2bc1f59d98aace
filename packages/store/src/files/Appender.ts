import { constants } from 'node:fs'
import { mkdir, open, stat, truncate, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isCode } from './errors.ts'
import { readRange, statIfThere, syncFolder } from './io.ts'
import { tooShort } from './lines.ts'

interface OpenFile {
  readonly handle: FileHandle
  readonly inode: number
}

/** Most files that are held open between appends. */
const MOST_OPEN = 128

/**
 * Appends to files durably, and keeps them open in between. Invariants:
 *
 * - A1 What resolves is on the disk, in the file that lies at the path, right behind what stood there before.
 * - A2 A file that lost what it held is never written: an append behind the gap would hide the loss.
 */
export class Appender {
  readonly #root: string
  readonly #open = new Map<string, OpenFile>()

  /** @param root Folder whose entries are synced when a file is new. */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * Sees that a file still holds what it did, and opens one anew that was put in its place.
   * @param offset Bytes that the file must hold.
   * @throws WorkflowError `JOURNAL_CORRUPT` when it is gone, or shorter.
   */
  async check(path: string, offset: number): Promise<void> {
    const known = this.#open.get(path)
    const found = statIfThere(path)
    if (known !== undefined && known.inode !== found?.ino) await this.closeFile(path)
    if ((found?.size ?? 0) < offset) throw tooShort(path, found?.size ?? 0, offset)
  }

  /**
   * Writes bytes at an offset, which is the end of what the file holds; what a crash left behind it is cut off.
   * @throws WorkflowError `JOURNAL_CORRUPT` as {@link check} does, and what the system says.
   */
  async append(path: string, offset: number, bytes: Buffer): Promise<void> {
    await this.check(path, offset)
    try {
      let handle = this.#open.get(path)?.handle
      if (handle === undefined) {
        handle = await this.#openFile(path, offset)
        if (await isThere(handle, path, offset, bytes)) {
          await handle.datasync()
          return
        }
      }
      for (let written = 0; written < bytes.length;)
        written += (await handle.write(bytes, written, bytes.length - written, offset + written)).bytesWritten
      await handle.datasync()
      if (offset > 0) return
      await syncFolder(dirname(path))
      await syncFolder(this.#root)
    } catch (error) {
      await this.#undo(path, offset)
      throw error
    }
  }

  /** Closes files beyond the bound; nothing may be under way. */
  async rest(): Promise<void> {
    for (const path of this.#open.keys()) {
      if (this.#open.size <= MOST_OPEN) return
      await this.closeFile(path)
    }
  }

  /** Closes one file, if it is open. */
  async closeFile(path: string): Promise<void> {
    const known = this.#open.get(path)
    this.#open.delete(path)
    await known?.handle.close()
  }

  /** Closes everything. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map(async (path) => await this.closeFile(path)))
  }

  /** A file that must hold something is not made anew. */
  async #openFile(path: string, offset: number): Promise<FileHandle> {
    if (offset === 0) await mkdir(dirname(path), { recursive: true })
    const flags = constants.O_RDWR | (offset === 0 ? constants.O_CREAT : 0)
    const handle = await open(path, flags, 0o666).catch((error: unknown) => {
      throw isCode(error, 'ENOENT') && offset > 0 ? tooShort(path, 0, offset) : error
    })
    this.#open.set(path, { handle, inode: (await handle.stat()).ino })
    return handle
  }

  /** What was written of an append that failed must not stand behind the next one. */
  async #undo(path: string, offset: number): Promise<void> {
    await this.closeFile(path).catch(() => undefined)
    // Where even this fails, opening the file again cuts it. A shorter file is not made longer (A2).
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size > offset) await truncate(path, offset).catch(() => undefined)
  }
}

/** Cuts what a crash left behind the end; answers whether the append is there already. */
async function isThere(handle: FileHandle, path: string, offset: number, bytes: Buffer): Promise<boolean> {
  const { size } = await handle.stat()
  if (size < offset) throw tooShort(path, size, offset)
  if (size === offset) return false
  if (size >= offset + bytes.length && readRange(path, offset, offset + bytes.length).equals(bytes))
    return true
  await handle.truncate(offset)
  return false
}
