import type { GitFacts } from '@holdfast/workflow-sdk/journal'
import { columnTextOrNull } from '../payload/text.ts'
import { jsonText, type RunColumns } from './rows.ts'

/** Columns that git facts fill; facts that are not given keep their columns. */
export function gitColumns(git: GitFacts): Partial<RunColumns> {
  const set: Partial<RunColumns> = {}
  if (git.repo !== undefined) set.git_repo = columnTextOrNull(git.repo)
  if (git.branch !== undefined) set.git_branch = columnTextOrNull(git.branch)
  if (git.initialCommit !== undefined) set.initial_commit_hash = git.initialCommit
  if (git.finalCommit !== undefined) set.final_commit_hash = git.finalCommit
  if (git.prUrl !== undefined) set.pr_url = columnTextOrNull(git.prUrl)
  if (git.diff === undefined) return set
  const { added, removed, files } = git.diff
  set.git_diff_added_lines = added
  set.git_diff_removed_lines = removed
  set.git_diff_files_changed = files.length
  set.git_diff_stats = jsonText({ files })
  return set
}
