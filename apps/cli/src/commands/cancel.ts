import type { Command } from 'commander'
import { executionView } from '@holdfast/runtime'
import { shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'

/** `holdfast cancel`: asks a run to stop. */
export function cancel(shell: Shell): Command {
  return actionCommand(shell, {
    name: 'cancel',
    summary: 'ask a run to stop; its clean-up runs',
    description:
      'Ask a run to stop: its steps are ended and its clean-up runs, in the worker that has it or the next one. ' +
      'A run that has not begun is over at once.',
    example: 'holdfast cancel latest',
    do: async ({ holdfast, run, by }) => {
      await holdfast.engine.cancel(run.id, { by })
      const document = await executionView(holdfast.store, run.id)
      return { document, line: `Run ${shortId(run.id)} is ${document.status}.` }
    },
  })
}
