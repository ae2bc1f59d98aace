import type { Command } from 'commander'
import { executionView } from '@holdfast/runtime'
import { shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'

/** `holdfast kill`: ends a run and its processes at once. */
export function kill(shell: Shell): Command {
  return actionCommand(shell, {
    name: 'kill',
    summary: 'end a run and its processes at once',
    description: 'End a run and its processes at once. No clean-up runs; prefer cancel.',
    example: 'holdfast kill latest',
    do: async ({ holdfast, run, by }) => {
      await holdfast.engine.kill(run.id, { by })
      const document = await executionView(holdfast.store, run.id)
      return { document, line: `Run ${shortId(run.id)} is ${document.status}.` }
    },
  })
}
