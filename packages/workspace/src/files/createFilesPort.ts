import type { FilesPort } from '@holdfast/workflow-sdk/ports'
import type { GitSettings } from '../git/runGit.ts'
import { copyFileInside } from './copyFileInside.ts'
import { deleteFile } from './deleteFile.ts'
import { listFiles } from './listFiles.ts'
import { fileExists, readTextFile } from './readTextFile.ts'
import { resolveInside } from './resolveInside.ts'
import { writeTextFile } from './writeTextFile.ts'

/** Files below a workspace; every path is held inside it by its real location. */
export function createFilesPort(settings: GitSettings): FilesPort {
  return {
    read: readTextFile,
    write: writeTextFile,
    exists: fileExists,
    delete: deleteFile,
    list: (workspacePath, path) => listFiles(settings, workspacePath, path),
    copy: copyFileInside,
    resolve: (workspacePath, path) => resolveInside(workspacePath, path),
  }
}
