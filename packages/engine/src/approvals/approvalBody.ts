import type { FileStat, ShownTree } from '@holdfast/workflow-sdk/journal'
import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** Files that are named, and characters of a patch that are shown, in the text of a question. */
const LIMITS = { files: 50, patch: 30_000 }

/** What changed between two trees, as a question shows it. */
export interface ShownChange {
  readonly files: readonly FileStat[]
  /** Null where it is too large to be made, or not wanted. */
  readonly patch: string | null
}

/** The text of an approval: the author's, why it is asked anew, and what the run has changed. */
export function approvalBody(
  body: string,
  { diff, since }: { readonly diff: ShownChange | null; readonly since: ShownChange | 'unknown' | null },
): string {
  const again =
    since === null
      ? []
      : since === 'unknown' || since.files.length === 0
        ? ['Asked again: what it covers has changed since it was shown.']
        : [`Asked again: the files have changed since it was shown.\n\n${changes(since)}`]
  const all =
    diff === null ? [] : [`Changes of the run:\n\n${diff.files.length === 0 ? 'none' : changes(diff)}`]
  return [body, ...again, ...all].filter((part) => part !== '').join('\n\n')
}

/** What differs between two trees; `unknown` where git does not have the first any more. */
export async function changeBetween(
  workspace: WorkspacePort,
  path: string,
  range: { readonly from: string; readonly to: string; readonly patch: boolean },
): Promise<ShownChange | 'unknown'> {
  try {
    const files = await workspace.changedFiles(path, range.from, range.to)
    return { files, patch: range.patch ? await patchOf(workspace, path, range) : null }
  } catch (error) {
    if (WorkflowError.has(error, 'GIT_FAILED')) return 'unknown'
    throw error
  }
}

async function patchOf(
  workspace: WorkspacePort,
  path: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<string | null> {
  try {
    return (await workspace.git.diff(path, { from, to })).patch
  } catch (error) {
    if (WorkflowError.has(error, 'OUTPUT_TOO_LARGE')) return null
    throw error
  }
}

/** The tree without files, as git names it in repositories of either hash (it knows it without having it). */
export function emptyTreeLike({ treeId }: ShownTree): string {
  return treeId.length === 40
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321'
}

function changes({ files, patch }: ShownChange): string {
  const more = files.length - LIMITS.files
  const list = [...files.slice(0, LIMITS.files).map(line), ...(more > 0 ? [`- and ${more} more`] : [])].join(
    '\n',
  )
  if (patch === null || patch === '') return list
  const shown = visible(patch.slice(0, LIMITS.patch))
  const rest = patch.length - LIMITS.patch
  // A fence that is longer than any in the text itself.
  const fence = '`'.repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${list}\n\n${fence}diff\n${shown.trimEnd()}\n${fence}${rest > 0 ? `\n\nThe last ${rest} characters are left out.` : ''}`
}

function line({ path, added, removed, binary, renamedFrom }: FileStat): string {
  const from = renamedFrom === null ? '' : `${visible(renamedFrom)} → `
  return `- ${from}${visible(path)} (${binary ? 'binary' : `+${added} −${removed}`})`
}

/** Control characters but tab and line end, which a terminal would obey, as what they are. */
function visible(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\t\n]/gu,
    (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
