import { Option, type Command } from 'commander'
import type { Holdfast, WorkflowRunRow } from '@holdfast/runtime'
import { EXIT } from '../exitCodes.ts'
import { actor } from '../input/actor.ts'
import { findRun } from '../input/findRun.ts'
import { withHoldfast } from '../input/withProject.ts'
import type { Io } from '../io.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'

/** What an action is handed. */
export interface ActionCall<Options> {
  readonly io: Io
  readonly holdfast: Holdfast
  readonly run: WorkflowRunRow
  readonly by: string | null
  readonly options: Options
  /** Arguments after the run's id. */
  readonly rest: readonly string[]
}

/** A command that does one thing to one run and prints what came of it. */
export interface Action<Options> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly arguments?: readonly (readonly [name: string, description: string])[]
  readonly options?: readonly Option[]
  readonly example: string
  /** Does it. `document` is printed with `--json`, `line` without. */
  do(call: ActionCall<Options>): Promise<{ readonly document: unknown; readonly line: string }>
}

/** The command of an action: `holdfast NAME RUN … [--by NAME]`. */
export function actionCommand<Options>(shell: Shell, action: Action<Options>): Command {
  return newCommand<Options & { readonly by?: string }>(shell, {
    ...action,
    arguments: [['<run>', 'id of the run, its beginning, or latest'], ...(action.arguments ?? [])],
    options: [...(action.options ?? []), new Option('--by <name>', 'who does this, for the audit trail')],
    run: async (io, [given, ...rest], options) =>
      await withHoldfast(io, options, async (holdfast) => {
        const run = await findRun(holdfast.store, holdfast.project.id, given!)
        const by = actor(io, options.by)
        const { document, line } = await action.do({ io, holdfast, run, by, options, rest })
        if (options.json === true) printJson(io, document)
        else io.stdout.write(`${line}\n`)
        return EXIT.completed
      }),
  })
}
