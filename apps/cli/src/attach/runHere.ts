import {
  executionView,
  type ApprovalRow,
  type ExecutionView,
  type Holdfast,
  type IWorkflowStore,
} from '@holdfast/runtime'
import type { Worker } from '@holdfast/engine'
import { shapeOf } from '@holdfast/engine/shape'
import { actor } from '../input/actor.ts'
import { EXIT, exitCodeOf } from '../exitCodes.ts'
import { isInteractive, type Io } from '../io.ts'
import { formatCost, formatDuration, formatTokens, oneLine, shortId } from '../output/format.ts'
import { placesIn } from '../output/place.ts'
import { printJson } from '../output/print.ts'
import { styled } from '../output/style.ts'
import { wrap } from '../output/wrap.ts'
import { attach } from './Attachment.ts'
import type { ProgressView } from './ProgressView.ts'

/** Runs of a tree that are executed at the same time in one process. */
export const CONCURRENCY = 16

/** How a run is executed by the command that was typed. */
export interface RunHere {
  readonly io: Io
  readonly holdfast: Holdfast
  readonly runId: string
  /** Executes the run; see {@link CONCURRENCY}. */
  readonly worker: Worker
  readonly view: ProgressView
  /** Never ask: leave with 3 instead. */
  readonly exit: boolean
  readonly json: boolean
}

/** Stays with a run and says at the end what became of it. Answers the exit code. */
export async function runHere(options: RunHere): Promise<number> {
  const { io, holdfast, worker, view, json } = options
  const interactive = isInteractive(io) && !options.exit
  const by = actor(io, undefined)
  const place = placesIn(holdfast.project.path, io.cwd)
  view.tellPlaces(place)
  let { runId } = options
  let end = await attach({ io, holdfast, runId, worker, view, interactive, by })
  for (
    let next = await successor(holdfast.store, runId);
    next !== null;
    next = await successor(holdfast.store, runId)
  ) {
    io.stderr.write(`Run ${shortId(runId)} goes on as ${shortId(next)}.\n`)
    runId = next
    end = await attach({ io, holdfast, runId, worker, view, interactive, by })
  }
  const run = await executionView(holdfast.store, runId)
  if (json) printJson(io, run)
  else if (run.status === 'completed' && run.output !== null) printJson(io, run.output)
  await summarize(io, holdfast.store, run, { left: end === 'left', place: place(run.error) })
  return end === 'left' ? EXIT.cancelled : exitCodeOf(run.status)
}

/** Id of the run that a completed one goes on as (`ctx.continueAs`), or null. */
async function successor(store: IWorkflowStore, runId: string): Promise<string | null> {
  const run = await store.getWorkflowRun(runId)
  if (run.status !== 'completed') return null
  const { project_id: projectId, workflow_name: workflowName } = run
  const { items } = await store.listWorkflowRuns({ projectId, workflowName, limit: 200 })
  // Created in the transaction that ended this one; a later link is a retry.
  const next = items.find((other) => other.previous_run_id === runId && other.created_at === run.completed_at)
  return next?.id ?? null
}

async function summarize(
  io: Io,
  store: IWorkflowStore,
  run: ExecutionView,
  { left, place }: { readonly left: boolean; readonly place: string | null },
): Promise<void> {
  const style = styled(io.stderr)
  const say = (line: string): void => void io.stderr.write(`${line}\n`)
  const id = shortId(run.id)
  if (left) {
    say(`The run goes on with the next worker, or here with: ${io.called} resume ${id}`)
    return
  }
  if (run.status === 'waiting' || run.status === 'paused') {
    say(
      wrap(
        io.stderr,
        `${run.workflow_name} waits for a person: ${oneLine(run.waiting_for?.detail ?? run.status)}`,
        2,
      ),
    )
    for (const line of await howToAnswer(io, store, run.id)) say(line)
    return
  }
  const cost =
    run.usage.total_tokens === 0
      ? ''
      : `, ${formatTokens(run.usage.total_tokens)} tokens, ${formatCost(run.usage.cost_usd)}`
  const error =
    run.error_message === null
      ? ''
      : `: ${oneLine(run.error_message)}${run.error?.code == null ? '' : ` [${run.error.code}]`}`
  const word = style(run.status === 'completed' ? 'green' : 'red', run.status.replace('_', ' '))
  say(
    wrap(
      io.stderr,
      `${run.workflow_name} ${word} in ${formatDuration(run.duration_ms ?? 0)}${cost}${error}`,
      2,
    ),
  )
  if (place !== null) say(`  at ${place}`)
  say(style('dim', `More: ${io.called} runs show ${id}`))
}

/** The commands with which a person goes on with a run that waits for him, or whose children do. */
export async function howToAnswer(io: Io, store: IWorkflowStore, runId: string): Promise<string[]> {
  const answers = await answersOf(store, runId)
  return [
    ...answers.flatMap(({ command, value }) => [
      `  ${io.called} ${command}`,
      ...(value === null ? [] : [`    VALUE is JSON: ${value}`]),
    ]),
    `  then: ${io.called} resume ${shortId(runId)}`,
  ]
}

/** A command that answers, and what its value may be. */
interface AnswerCommand {
  readonly command: string
  readonly value: string | null
}

async function answersOf(store: IWorkflowStore, runId: string): Promise<AnswerCommand[]> {
  const open = await store.listApprovals({ runId, status: 'open' })
  const own = open.flatMap((approval) => commandsFor(approval, open.length > 1))
  const { items } = await store.listWorkflowRuns({ parentRunId: runId, status: 'waiting', limit: 200 })
  const below = await Promise.all(items.map((child) => answersOf(store, child.id)))
  return [...own, ...below.flat()]
}

function commandsFor(approval: ApprovalRow, several: boolean): AnswerCommand[] {
  const which = several ? ` --question ${approval.id}` : ''
  const id = shortId(approval.run_id)
  const plain = (command: string): AnswerCommand => ({ command: `${command}${which}`, value: null })
  if (approval.choices.length > 0) return approval.choices.map((choice) => plain(`answer ${id} ${choice}`))
  if (approval.kind !== 'question') return [plain(`approve ${id}`), plain(`reject ${id}`)]
  const shape = shapeOf(approval.answer_schema)
  return [{ ...plain(`answer ${id} VALUE`), value: shape === 'string' ? null : shape }]
}
