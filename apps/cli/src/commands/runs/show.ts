import type { Command } from 'commander'
import { executionView, isAnybodyAtWork, type ExecutionView, type IWorkflowStore } from '@holdfast/runtime'
import { howToAnswer } from '../../attach/runHere.ts'
import { EXIT } from '../../exitCodes.ts'
import { findRun } from '../../input/findRun.ts'
import { withProject } from '../../input/withProject.ts'
import type { Io } from '../../io.ts'
import { counted, formatTokens, oneLine, plainLines, shortId } from '../../output/format.ts'
import { priceText } from '../../output/price.ts'
import { placesIn } from '../../output/place.ts'
import { printJson } from '../../output/print.ts'
import { styled } from '../../output/style.ts'
import { drawTree } from '../../progress/drawTree.ts'
import { Follower } from '../../progress/Follower.ts'
import { clip } from '../../output/width.ts'
import { waitText } from '../../output/waits.ts'
import { wrap } from '../../output/wrap.ts'
import { conversationLine } from '../../output/conversation.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** `holdfast runs show`: everything about one run. */
export function runsShow(shell: Shell): Command {
  return newCommand(shell, {
    name: 'show',
    summary: 'show one run',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    example: 'holdfast runs show latest --json',
    run: async (io, [given], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { id } = await findRun(store, project.id, given!)
        const run = await executionView(store, id)
        if (options.json === true) {
          printJson(io, run)
          return EXIT.completed
        }
        const place = placesIn(project.path, io.cwd)
        const follower = new Follower(store, id)
        await follower.start()
        follower.stop()
        const lines = drawTree(follower.tree, id, {
          now: Date.now(),
          width: io.stdout.columns ?? 120,
          height: Number.MAX_SAFE_INTEGER,
          frame: 0,
          style: styled(io.stdout),
          activity: new Map(),
          place,
        })
        for (const line of [...lines, ...details(io, run, place(run.error))]) io.stdout.write(`${line}\n`)
        for (const line of await howItGoesOn(io, store, run)) io.stdout.write(`${line}\n`)
        if (run.status === 'waiting' || run.status === 'paused') {
          for (const line of await whatIsAsked(store, id)) io.stdout.write(`${line}\n`)
          for (const line of await howToAnswer(io, store, id)) io.stdout.write(`${line}\n`)
        }
        return EXIT.completed
      }),
  })
}

/** The words of the open questions: what a person has to read before he answers. */
async function whatIsAsked(store: IWorkflowStore, runId: string): Promise<string[]> {
  const open = await store.listApprovals({ runId, status: 'open' })
  return open.flatMap(({ title, body, revision }) => [
    '',
    `${oneLine(title)}${revision === 1 ? '' : ` (revision ${revision})`}`,
    ...(body === '' ? [] : ['', ...plainLines(body).split('\n'), '']),
  ])
}

/** How a run goes on that is due and that nobody executes. */
async function howItGoesOn(io: Io, store: IWorkflowStore, run: ExecutionView): Promise<string[]> {
  if (run.owner?.state === 'working') return []
  if (run.owner === null && (run.status !== 'pending' || (await isAnybodyAtWork(store)))) return []
  const why = run.owner?.detail ?? 'It waits for a worker, and none is there.'
  return [
    wrap(io.stdout, `${why} It goes on with a worker (${io.called} worker), or here with:`, 0),
    `  ${io.called} resume ${shortId(run.id)}`,
  ]
}

/** Messages that are shown; --json prints all of them. */
const LAST_MESSAGES = 20
/** Characters of a value that are shown; --json prints all of it. */
const LONGEST = 2000

function commitsOf({ initial_commit: from, final_commit: to }: ExecutionView['git']): string | null {
  if (from === null) return to === null ? null : shortHash(to)
  return to === null || to === from
    ? `${shortHash(from)}, no new one`
    : `${shortHash(from)} → ${shortHash(to)}`
}

function shortHash(commit: string): string {
  return commit.slice(0, 12)
}

function details(io: Io, run: ExecutionView, place: string | null): string[] {
  const style = styled(io.stdout)
  const field = (name: string, value: string | null): string[] =>
    value === null || value === ''
      ? []
      : [wrap(io.stdout, `  ${style('dim', name.padEnd(10))} ${clip(value, LONGEST)}`, 13)]
  const { git, usage } = run
  return [
    '',
    ...field('id', run.id),
    ...field('version', `${run.workflow_version} of ${run.workflow_name}`),
    ...field('input', JSON.stringify(run.input)),
    ...field('output', run.output === null ? null : JSON.stringify(run.output)),
    ...field(
      'error',
      run.error === null
        ? null
        : `${oneLine(run.error.message)}${run.error.code === null ? '' : ` [${run.error.code}]`}`,
    ),
    ...field('at', place),
    ...field('worker', run.owner?.state === 'working' ? run.owner.detail : null),
    ...field('waits for', run.waiting_for === null ? null : waitText(run.waiting_for)),
    ...field(
      'workspace',
      run.workspace.path === null
        ? null
        : `${run.workspace.path || '.'} (${run.workspace.kind ?? 'unknown'})`,
    ),
    ...field('branch', git.branch),
    ...field('commits', commitsOf(git)),
    ...field(
      'changes',
      git.files.length === 0 ? null : `${git.files.length} files, +${git.added} −${git.removed}`,
    ),
    ...field('pr', git.pr_url),
    ...field(
      'tokens',
      usage.total_tokens === 0
        ? null
        : `${formatTokens(usage.input_tokens)} in, ${formatTokens(usage.output_tokens)} out, ${priceText(usage)}`,
    ),
    ...field(
      'with runs',
      run.tree.runs === 1
        ? null
        : `${counted(run.tree.runs, 'run')} together: ${formatTokens(run.tree.total_tokens)} tokens, ${priceText(run.tree)}`,
    ),
    ...run.messages.slice(-LAST_MESSAGES).flatMap((message) => field('said', conversationLine(message))),
    ...run.comments.flatMap((comment) => field('comment', oneLine(comment.message))),
    ...run.artifacts.flatMap((artifact) =>
      field('artifact', `${oneLine(artifact.name)}  ${artifact.storage_path}`),
    ),
  ]
}
