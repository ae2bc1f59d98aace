import { Option, type Command } from 'commander'
import type { StartOptions } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { Activities } from '../attach/Activities.ts'
import { createProgressView } from '../attach/ProgressView.ts'
import { logsToShow } from '../attach/logsToShow.ts'
import { CONCURRENCY, runHere } from '../attach/runHere.ts'
import { isAnybodyAtWork } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { parseJson } from '../input/parseInput.ts'
import { withHoldfast } from '../input/withProject.ts'
import { isInteractive } from '../io.ts'
import { oneLine, shortId } from '../output/format.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'

interface Options {
  readonly input?: string
  readonly detach?: boolean
  readonly exit?: boolean
  readonly allowDirty?: boolean
  readonly workspace?: 'project' | 'worktree' | 'temporary'
  readonly name?: string
  readonly message?: string
  readonly idempotencyKey?: string
  readonly priority?: string
  readonly startAt?: string
  readonly tag?: readonly string[]
}

/** `holdfast run`: starts a workflow and stays with it. */
export function run(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'run',
    summary: 'run a workflow and show its progress',
    description:
      'Run a workflow and stay with it until it is over. Exit code: 0 completed, 1 failed, 2 wrong usage, ' +
      '3 waiting for a person, 130 cancelled or left.',
    arguments: [['<workflow>', 'name of the workflow']],
    options: [
      new Option('--input <json>', 'input as JSON, @file or @- for standard input'),
      new Option('--detach', 'start it only: a worker executes it'),
      new Option('--exit', 'never ask here: leave with 3 when only a person can go on'),
      new Option('--allow-dirty', 'accept uncommitted changes in the project'),
      new Option('--workspace <kind>', 'where it works; default as the workflow says').choices([
        'project',
        'worktree',
        'temporary',
      ]),
      new Option('--name <session>', 'name of the chat session that the run belongs to'),
      new Option('--message <text>', 'the request in words'),
      new Option(
        '--idempotency-key <key>',
        'a start with a key that was used before gives the run of that start',
      ),
      new Option('--priority <n>', 'from -100 to 100, higher goes first; default as the workflow says'),
      new Option('--start-at <time>', 'begin no sooner, e.g. 2026-12-24T18:00:00Z'),
      new Option('--tag <name=value>', 'a mark to find it by; may be given several times').argParser(
        collected,
      ),
    ],
    example: `holdfast run hello --input '{"name":"Ada"}'`,
    run: async (io, [workflow], options) => {
      const input = options.input === undefined ? {} : await parseJson(io, options.input, '--input')
      const activities = new Activities()
      const view = createProgressView(io, activities)
      const interactive = isInteractive(io) && options.exit !== true
      return await withHoldfast(
        io,
        options,
        async (holdfast) => {
          // Begins while the workflow is looked up, so that its first step comes sooner.
          const worker =
            options.detach === true ? null : holdfast.worker({ concurrency: CONCURRENCY, only: 'own' })
          // A failure of it is told where it is awaited.
          worker?.catch(() => {})
          const { id, started } = await holdfast.start(workflow!, input, {
            onFailure: interactive && options.detach !== true ? 'ask' : 'fail',
            ...(options.detach === true ? { detached: true } : {}),
            ...(options.allowDirty === true ? { allowDirty: true } : {}),
            ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
            ...(options.name === undefined ? {} : { sessionName: options.name }),
            ...(options.message === undefined ? {} : { message: options.message }),
            ...queueOptions(options),
          })
          if (started.waiting_for !== null && options.json !== true)
            io.stderr.write(`Run ${shortId(id)} waits: ${oneLine(started.waiting_for.detail)}\n`)
          if (worker === null) {
            if (options.json === true) printJson(io, { id, status: started.status })
            else io.stdout.write(`${id}\n`)
            if (!(await isAnybodyAtWork(holdfast.store)))
              io.stderr.write(`It waits for a worker; start one with: ${io.called} worker\n`)
            return EXIT.completed
          }
          return await runHere({
            io,
            holdfast,
            runId: id,
            worker: await worker,
            view,
            exit: options.exit === true,
            json: options.json === true,
          })
        },
        { onActivity: activities.hear, onLog: logsToShow(view, options.verbose === true) },
      )
    },
  })
}

/** An option that may be given several times. */
function collected(given: string, others: readonly string[] | undefined): readonly string[] | undefined {
  return [...(others ?? []), given]
}

function queueOptions({ idempotencyKey, priority, startAt, tag }: Options): StartOptions {
  return {
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(priority === undefined ? {} : { priority: wholeNumber(priority, '--priority') }),
    ...(startAt === undefined ? {} : { startAt }),
    ...(tag === undefined ? {} : { tags: Object.fromEntries(tag.map(nameAndValue)) }),
  }
}

function wholeNumber(given: string, option: string): number {
  if (/^-?\d{1,9}$/.test(given)) return Number(given)
  throw new WorkflowError('USAGE', `${option} is ${JSON.stringify(given)}. Use a whole number.`)
}

function nameAndValue(tag: string): [string, string] {
  const at = tag.indexOf('=')
  if (at > 0) return [tag.slice(0, at), tag.slice(at + 1)]
  throw new WorkflowError('USAGE', `--tag is ${JSON.stringify(tag)}. Write it as name=value.`)
}
