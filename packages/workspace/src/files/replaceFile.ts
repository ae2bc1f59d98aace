import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { checkPlace } from './openInside.ts'
import { refuseGitFolder } from './refuseGitFolder.ts'
import { resolveInside } from './resolveInside.ts'

/**
 * Puts a file in place in one step, its folders made as needed: `fill` writes a new file beside it, which is
 * on the disk before it takes the name. A crash leaves the old or the new content. A link is written through.
 * Permissions of a file that was there stay, else `mode` is used.
 */
export async function replaceFile(
  workspacePath: string,
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  mode?: number,
): Promise<void> {
  const target = await resolveInside(workspacePath, path)
  await refuseGitFolder(workspacePath, target, path)
  const old = await stat(target).catch(() => null)
  if (old?.isDirectory() === true) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  if (old === null) await makeFolders(await realpath(workspacePath), dirname(target))
  const temporary = join(dirname(target), `.holdfast-${randomUUID()}.tmp`)
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    await using file = await open(temporary, flags, 0o666)
    await checkPlace(file, workspacePath, path)
    const permissions = old?.mode ?? mode
    if (permissions !== undefined) await file.chmod(permissions & 0o777)
    await fill(file)
    await file.sync()
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(target))
}

/** Makes folders below the workspace, never the workspace itself: one that is gone must not come back empty. */
async function makeFolders(root: string, folder: string): Promise<void> {
  let made = root
  for (const part of relative(root, folder).split(sep)) {
    if (part === '') continue
    made = join(made, part)
    await mkdir(made).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** The new name is durable only when the folder is. Some file systems cannot do it and need it not. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY)
  await handle.sync().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EINVAL' && error.code !== 'EPERM') throw error
  })
}
