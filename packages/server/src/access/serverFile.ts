import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What the file says of the running server. */
export interface ServerFacts {
  readonly url: string
  readonly token: string
  readonly pid: number
}

/** A fresh token: 256 bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Says where the server is and its token in a file that only its owner can read. It appears whole or not at all. */
export async function writeServerFile(path: string, facts: ServerFacts): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.new`
  await rm(temporary, { force: true })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = await open(temporary, flags, 0o600)
  try {
    await file.writeFile(`${JSON.stringify(facts, null, 2)}\n`)
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Removes the file, unless another server has written it since. */
export async function removeServerFile(path: string, token: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.includes(token)) await rm(path, { force: true })
}
