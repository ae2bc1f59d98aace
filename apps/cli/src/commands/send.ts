import { Option, type Command } from 'commander'
import { parseJson } from '../input/parseInput.ts'
import { shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'

/** `holdfast send`: sends an event to a run. */
export function send(shell: Shell): Command {
  return actionCommand<{ readonly data?: string; readonly id?: string }>(shell, {
    name: 'send',
    summary: 'send an event to a run',
    description: 'Send an event to a run. It is kept until the run waits for it.',
    arguments: [['<event>', 'name of the event']],
    options: [
      new Option('--data <json>', 'data of the event as JSON, @file or @-'),
      new Option('--id <id>', 'id of the event; the same id counts once'),
    ],
    example: `holdfast send latest review.done --data '{"ok":true}'`,
    do: async ({ io, holdfast, run, by, options, rest: [name] }) => {
      const data = options.data === undefined ? null : await parseJson(io, options.data, '--data')
      await holdfast.engine.send(run.id, {
        by,
        name: name!,
        data,
        ...(options.id === undefined ? {} : { id: options.id }),
      })
      return {
        document: { id: run.id, event: name, data },
        line: `Sent ${name} to run ${shortId(run.id)}.`,
      }
    },
  })
}
