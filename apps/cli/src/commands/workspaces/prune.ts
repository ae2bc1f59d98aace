import { confirm, isCancel } from '@clack/prompts'
import { Option, type Command } from 'commander'
import { toMilliseconds } from '@holdfast/workflow-sdk'
import type { PruneItem } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import type { Io } from '../../io.ts'
import { printJson } from '../../output/print.ts'
import { newCommand, type Shell } from '../../shell.ts'
import { formatSize } from './size.ts'

interface Options {
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly force?: boolean
  readonly olderThan?: string
}

/** `holdfast workspaces prune`: removes workspaces that are over, after showing what that would be. */
export function workspacesPrune(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'prune',
    summary: 'remove workspaces that are over, leftovers and old kept trees',
    description:
      'Remove worktrees and clones whose runs are over, what killed processes left behind, and kept trees of runs ' +
      'that ended long ago (checkpoints.keepDays). First it shows what that is. What a run or process uses stays, ' +
      'and so does what holds work that is nowhere else, but for --force, which keeps it under refs/holdfast/pruned/.',
    options: [
      new Option('--dry-run', 'only show what would be removed'),
      new Option('--yes', 'do not ask'),
      new Option(
        '--force',
        'also what holds uncommitted files or commits of its own; a hidden ref keeps them',
      ),
      new Option('--older-than <duration>', 'only workspaces that were made so long ago, e.g. "7 days"'),
    ],
    example: 'holdfast workspaces prune --dry-run',
    run: async (io, _args, options) =>
      await withProject(io, options, async (opened) => {
        const { careOf, keepTreesMs, planPrune, prune } = await import('@holdfast/runtime')
        const how = {
          now: Date.now(),
          olderThanMs:
            options.olderThan === undefined ? 0 : toMilliseconds(options.olderThan, '--older-than'),
          keepTreesMs: keepTreesMs(opened.config),
          force: options.force === true,
        }
        const parts = careOf(opened)
        const plan = await planPrune(parts, how)
        const { remove, keep } = plan
        const json = options.json === true
        if (!json) say(io, remove, keep)
        const wanted = remove.length > 0 && options.dryRun !== true
        const goes = wanted && (options.yes === true || (!json && (await asks(io))))
        const done = goes ? await prune(parts, plan, how) : []
        if (json) printJson(io, { remove, keep, done })
        else for (const item of done) io.stdout.write(`${outcome(item)}\n`)
        if (!goes && remove.length > 0) io.stderr.write('Nothing was removed. Do it with --yes.\n')
        return done.some(({ error }) => error !== null) ? EXIT.failed : EXIT.completed
      }),
  })
}

function say(io: Io, remove: readonly PruneItem[], keep: readonly PruneItem[]): void {
  if (remove.length === 0) io.stdout.write('Nothing to remove.\n')
  for (const item of remove) io.stdout.write(`would remove ${line(item)}\n`)
  for (const item of keep) {
    const hint =
      item.workspace?.made !== 'whole' ? '' : ' (--force removes it and keeps that under a hidden ref)'
    io.stdout.write(`keeps ${line(item)}${hint}\n`)
  }
}

function line({ what, name, reason, size_bytes: size, loses }: PruneItem): string {
  const lost = loses === null ? '' : `, would lose ${loses}`
  return `${what} ${name}: ${reason}${size === null ? '' : `, ${formatSize(size)}`}${lost}`
}

function outcome(
  item: PruneItem & { readonly kept_as: string | null; readonly error: string | null },
): string {
  const { what, name, kept_as: ref, error } = item
  if (error !== null) return `kept ${what} ${name}: ${error}`
  return `removed ${what} ${name}${ref === null ? '' : `, its work is kept as ${ref}`}`
}

async function asks(io: Io): Promise<boolean> {
  if (io.stdin.isTTY !== true) return false
  const terminal = { input: io.stdin, output: io.stderr }
  const answer = await confirm({ ...terminal, message: 'Remove them?', initialValue: false })
  return !isCancel(answer) && answer
}
