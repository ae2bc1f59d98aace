import type { FileStat } from '@holdfast/workflow-sdk/journal'
import { ALL_BUT_INTERNAL } from './internalPaths.ts'
import type { Repository } from './Repository.ts'

/** Files that differ between two trees or commits, renames found; the files of Holdfast itself are left out. */
export async function treeDiff(repository: Repository, from: string, to: string): Promise<FileStat[]> {
  const args = ['diff-tree', '-r', '-z', '--numstat', '--find-renames', '--no-ext-diff', from, to, '--']
  return parseNumstat((await repository.read([...args, ...ALL_BUT_INTERNAL])).stdout)
}

/** The same as a patch for people. */
export async function treePatch(repository: Repository, from: string, to: string): Promise<string> {
  const look = ['--find-renames', '--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/']
  const args = ['diff-tree', '-r', '-p', ...look, from, to, '--', ...ALL_BUT_INTERNAL]
  return (await repository.read(args)).stdout
}

/** Sums over the files; lines of binary files are not counted. */
export function sumLines(files: readonly FileStat[]): { readonly added: number; readonly removed: number } {
  return {
    added: files.reduce((sum, file) => sum + (file.added ?? 0), 0),
    removed: files.reduce((sum, file) => sum + (file.removed ?? 0), 0),
  }
}

/** `added TAB removed TAB path NUL`, for a rename `added TAB removed TAB NUL old NUL new NUL`; `-` where binary. */
export function parseNumstat(output: string): FileStat[] {
  const files: FileStat[] = []
  const entries = output.split('\0')
  for (let entry = entries.shift(); entry !== undefined && entry !== ''; entry = entries.shift()) {
    const [added = '-', removed = '-', ...rest] = entry.split('\t')
    const named = rest.join('\t')
    const renamedFrom = named === '' ? (entries.shift() ?? null) : null
    const path = named === '' ? (entries.shift() ?? '') : named
    const binary = added === '-'
    files.push({
      path,
      added: binary ? null : Number(added),
      removed: binary ? null : Number(removed),
      binary,
      renamedFrom,
    })
  }
  return files
}
