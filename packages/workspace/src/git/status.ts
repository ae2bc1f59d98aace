import type { GitFileStatus } from '@holdfast/workflow-sdk'
import { isInternalPath } from './internalPaths.ts'
import { headBranch, type Repository } from './Repository.ts'

/** Branch and changed files; those of Holdfast itself are left out. See `GitPort.status`. */
export async function status(repository: Repository): Promise<{
  readonly branch: string | null
  readonly clean: boolean
  readonly files: readonly GitFileStatus[]
}> {
  const args = ['status', '--porcelain=v2', '-z', '--untracked-files=all', '--find-renames']
  const [branch, answer] = await Promise.all([headBranch(repository), repository.read(args)])
  const files = parseStatus(answer.stdout).filter((file) => !isInternalPath(file.path))
  return { branch, clean: files.length === 0, files }
}

/** Lines of `git status --porcelain=v2 -z` (format: git-status(1)). */
function parseStatus(output: string): GitFileStatus[] {
  const files: GitFileStatus[] = []
  const entries = output.split('\0')
  for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) {
    const kind = entry[0]
    if (kind === '?') files.push({ path: entry.slice(2), status: 'untracked' })
    if (kind === 'u') files.push({ path: afterFields(entry, 10), status: 'conflicted' })
    if (kind === '1') files.push({ path: afterFields(entry, 8), status: meaning(entry.slice(2, 4)) })
    if (kind === '2') {
      files.push({
        path: afterFields(entry, 9),
        status: entry[2] === 'C' || entry[3] === 'C' ? 'added' : 'renamed',
      })
      // The name that it had before stands in an entry of its own.
      entries.shift()
    }
  }
  return files
}

/** What is left of the entry after `count` fields, which hold no spaces; a path may. */
function afterFields(entry: string, count: number): string {
  let at = 0
  for (let field = 0; field < count; field += 1) at = entry.indexOf(' ', at) + 1
  return entry.slice(at)
}

/** Two letters: what the index changed against HEAD, what the file changed against the index. */
function meaning(letters: string): GitFileStatus['status'] {
  if (letters.includes('D')) return 'deleted'
  return letters.includes('A') ? 'added' : 'modified'
}
