/** What a unified diff does to one file. */
export interface FilePatch {
  /** Relative path of the file. */
  readonly path: string
  readonly kind: 'add' | 'change' | 'delete'
  readonly hunks: readonly Hunk[]
}

interface Hunk {
  /** Line at which the old text begins, from 1. */
  readonly oldStart: number
  /** Lines with their ends; the last line of a file may have none. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Reads a unified diff (`---`, `+++`, `@@`; format of GNU diff and git). @throws Error naming the line. */
export function filesOfPatch(patch: string): readonly FilePatch[] {
  const lines = patch.split('\n')
  const files: FilePatch[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const from = lines[at]
    const to = lines[at + 1]
    if (from === undefined || to === undefined || !from.startsWith('--- ') || !to.startsWith('+++ ')) continue
    const { hunks, next } = readHunks(lines, at + 2)
    const oldPath = pathOf(from)
    const newPath = pathOf(to)
    const path = newPath ?? oldPath
    if (path === null || hunks.length === 0)
      throw new Error(`The patch has no file or no hunk at line ${at + 1}.`)
    if (oldPath !== null && newPath !== null && oldPath !== newPath) {
      throw new Error(`The patch renames ${oldPath} to ${newPath}; write and delete the files instead.`)
    }
    files.push({ path, kind: oldPath === null ? 'add' : newPath === null ? 'delete' : 'change', hunks })
    at = next - 1
  }
  if (files.length === 0) throw new Error('The patch names no file: it has no lines "---" and "+++".')
  return files
}

/**
 * The text of a file after its patch; null when the patch deletes it. A hunk is looked for at its line
 * first, then nearest to it. @throws Error when its text is not there.
 */
export function applyPatch(file: FilePatch, text: string | null): string | null {
  if (file.kind === 'delete') return null
  if (file.kind === 'add') return file.hunks.flatMap(({ after }) => after).join('')
  if (text === null) throw new Error(`The patch changes ${file.path}, which does not exist.`)
  const lines: string[] = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  let shift = 0
  for (const hunk of file.hunks) {
    const at = find(lines, hunk.before, hunk.oldStart - 1 + shift)
    if (at === -1) {
      throw new Error(`The patch does not fit ${file.path}: the text at line ${hunk.oldStart} is not there.`)
    }
    lines.splice(at, hunk.before.length, ...hunk.after)
    shift += hunk.after.length - hunk.before.length
  }
  return lines.join('')
}

function readHunks(lines: readonly string[], start: number): { hunks: Hunk[]; next: number } {
  const hunks: Hunk[] = []
  let at = start
  for (;;) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[at] ?? '')
    if (head === null) return { hunks, next: at }
    const read = readHunk(lines, at + 1, { old: Number(head[2] ?? 1), new: Number(head[3] ?? 1) })
    hunks.push({ oldStart: Math.max(1, Number(head[1])), ...read.hunk })
    at = read.next
  }
}

function readHunk(
  lines: readonly string[],
  start: number,
  count: { old: number; new: number },
): { hunk: Omit<Hunk, 'oldStart'>; next: number } {
  const before: string[] = []
  const after: string[] = []
  let at = start
  let last = ' '
  while (before.length < count.old || after.length < count.new || lines[at]?.startsWith('\\') === true) {
    const line = lines[at]
    if (line === undefined) throw new Error(`The patch ends inside a hunk, at line ${at + 1}.`)
    // An editor may have cut the blank of an empty context line.
    const mark = line[0] ?? ' '
    if (!' -+\\'.includes(mark)) {
      throw new Error(`The patch has a line that is neither context nor change, at line ${at + 1}.`)
    }
    if (mark === '\\') {
      if (last !== '+') withoutEnd(before)
      if (last !== '-') withoutEnd(after)
    } else {
      if (mark !== '+') before.push(`${line.slice(1)}\n`)
      if (mark !== '-') after.push(`${line.slice(1)}\n`)
      last = mark
    }
    at += 1
  }
  return { hunk: { before, after }, next: at }
}

/** `\ No newline at end of file` is about the line above it. */
function withoutEnd(lines: string[]): void {
  lines.push((lines.pop() ?? '').replace(/\n$/, ''))
}

function find(lines: readonly string[], wanted: readonly string[], around: number): number {
  const fits = (at: number): boolean => at >= 0 && wanted.every((line, index) => lines[at + index] === line)
  for (let distance = 0; distance <= lines.length; distance += 1) {
    if (fits(around + distance)) return around + distance
    if (fits(around - distance)) return around - distance
  }
  return -1
}

/** `a/` and `b/` are git's prefixes; `/dev/null` stands for no file; a tab begins a time stamp. */
function pathOf(line: string): string | null {
  const path = (line.slice(4).split('\t')[0] ?? '').trim()
  return path === '/dev/null' ? null : path.replace(/^[ab]\//, '')
}
