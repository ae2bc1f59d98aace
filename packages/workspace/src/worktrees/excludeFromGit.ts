import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Repository } from '../git/Repository.ts'

/**
 * Makes git ignore a folder in this clone only (`.git/info/exclude`, see gitignore(5)), so that no file of the
 * project has to change. `folder` is relative to the top of the repository.
 */
export async function excludeFromGit(repository: Repository, folder: string): Promise<void> {
  const file = join(repository.commonDir, 'info', 'exclude')
  const rule = `/${folder.replaceAll(/([*?[\\#! ])/g, '\\$1')}`
  const text = await readFile(file, 'utf8').catch(() => '')
  if (text.split('\n').includes(rule)) return
  const temporary = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(temporary, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${rule}\n`)
  await rename(temporary, file)
}
