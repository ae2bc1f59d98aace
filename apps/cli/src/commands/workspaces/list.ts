import type { Command } from 'commander'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { formatAgo, oneLine } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { styled } from '../../output/style.ts'
import { table } from '../../output/table.ts'
import { newCommand, type Shell } from '../../shell.ts'
import { formatSize } from './size.ts'

/** `holdfast workspaces list`: workspaces of the project, and what was left behind. */
export function workspacesList(shell: Shell): Command {
  return newCommand(shell, {
    name: 'list',
    summary: 'list worktrees and clones, and what was left behind',
    example: 'holdfast workspaces list --json',
    run: async (io, _args, options) =>
      await withProject(io, options, async (opened) => {
        const { careOf, listWorkspaces } = await import('@holdfast/runtime')
        const list = await listWorkspaces(careOf(opened))
        if (options.json === true) {
          printJson(io, list)
          return EXIT.completed
        }
        const style = styled(io.stdout)
        const now = Date.now()
        const rows = list.workspaces
          .filter(({ state }) => state !== 'cleaned')
          .map((one) => [
            one.state,
            one.kind,
            one.created_at === null ? '' : formatAgo(one.created_at, now),
            one.size_bytes === null ? '' : formatSize(one.size_bytes),
            one.branch ?? '',
            oneLine(`${one.path}: ${one.reason}${ownWork(one)}`),
          ])
        const header = ['STATE', 'KIND', 'MADE', 'SIZE', 'BRANCH', ''].map((word) => style('dim', word))
        if (rows.length === 0) io.stderr.write('No worktrees or clones.\n')
        else io.stdout.write(table(io.stdout, header, rows))
        for (const { name, onlyHere } of list.branches)
          io.stdout.write(`left branch ${name}, ${onlyHere} commits of its own\n`)
        const refs = list.trees.reduce((sum, trees) => sum + trees.refs, 0)
        if (refs > 0) io.stdout.write(`${refs} kept trees of ${list.trees.length} runs\n`)
        return EXIT.completed
      }),
  })
}

function ownWork(one: { readonly uncommitted_files: number; readonly unpushed_commits: number }): string {
  const { uncommitted_files: files, unpushed_commits: commits } = one
  const open = files === 0 ? '' : `, ${files} uncommitted files`
  return `${open}${commits === 0 ? '' : `, ${commits} commits nowhere else`}`
}
