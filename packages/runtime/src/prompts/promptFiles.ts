import { readFile, realpath, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { isInside } from '../project/ownPlaces.ts'
import type { ProjectPaths } from '../project/paths.ts'

/** Largest prompt file in bytes. */
const MAX_BYTES = 1024 * 1024

/** A prompt file of a project. */
export interface PromptFile {
  /** Relative to the project's root, with `/`. */
  readonly file: string
  /** Its name below the folder of prompts, without `.md`. */
  readonly name: string
  readonly absolute: string
}

/** Every `.md` file below `.agent/prompts`, sorted; empty where there is no such folder. */
export async function listPromptFiles(paths: ProjectPaths): Promise<readonly PromptFile[]> {
  const entries = await readdir(paths.prompts, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    },
  )
  return (
    entries
      // A pipe or device would hold up whoever reads it.
      .filter(
        (entry) =>
          (entry.isFile() || entry.isSymbolicLink()) &&
          entry.name.endsWith('.md') &&
          !entry.name.startsWith('.'),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .map((absolute) => ({
        absolute,
        file: slashes(relative(paths.root, absolute)),
        name: slashes(relative(paths.prompts, absolute)).replace(/\.md$/, ''),
      }))
      .toSorted((a, b) => (a.file < b.file ? -1 : 1))
  )
}

/**
 * The text of a prompt file, or why it is not read: what a prompt says goes to a provider, so a link must not lead out
 * of the project.
 */
export async function readPromptFile(
  root: string,
  { absolute }: PromptFile,
): Promise<{ readonly text: string } | { readonly reason: string }> {
  try {
    const real = await realpath(absolute)
    if (!isInside(await realpath(root), real)) return { reason: 'it is a link out of the project' }
    const { size } = await stat(real)
    if (size > MAX_BYTES) return { reason: `it has ${size} bytes; at most ${MAX_BYTES} are read` }
    return { text: await readFile(real, 'utf8') }
  } catch (error) {
    return { reason: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function slashes(path: string): string {
  return path.split(sep).join('/')
}
