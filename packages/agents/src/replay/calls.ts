import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'

/**
 * Counts the conversations of a run that fit one condition, across processes and crashes: number n is
 * taken by making the file `<hash of the condition>.<n>` in `folder`, which only one process can. The
 * same `owner` gets its number again.
 */
export async function takeCallNumber(folder: string, condition: string, owner: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  const hash = createHash('sha256').update(condition).digest('hex').slice(0, 16)
  const written = await writeTemporary(folder, owner)
  try {
    for (let n = 1; ; n += 1) {
      const file = path.join(folder, `${hash}.${n}`)
      if ((await linked(written, file)) || (await readFile(file, 'utf8')) === owner) return n
    }
  } finally {
    await rm(written, { force: true })
  }
}

async function writeTemporary(folder: string, text: string): Promise<string> {
  const file = path.join(folder, `.${randomUUID()}.tmp`)
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return file
}

/** A link comes into being with its whole content, or not at all; false when the name is taken. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
