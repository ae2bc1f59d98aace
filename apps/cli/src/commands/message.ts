import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { Option, type Command } from 'commander'
import { isAnybodyAtWork, type Holdfast, type WorkflowRunRow } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Io } from '../io.ts'
import { oneLine, plainLines, shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'

interface Options {
  readonly step?: string
  readonly note?: boolean
  readonly id?: string
}

/** `holdfast message`: says something to the agent of a run. */
export function message(shell: Shell): Command {
  return actionCommand<Options>(shell, {
    name: 'message',
    summary: 'say something to the agent of a run',
    description:
      'Say something to the agent of a run, in its own session: the one that works, or else the next one. It stands in ' +
      'the conversation of the run, which runs show prints. It answers no question: use approve, reject or answer for that.',
    arguments: [['[text]', 'the message; default what standard input says']],
    options: [
      new Option(
        '--step <step>',
        'the agent step that it is for, by number or name; default the one that began last',
      ),
      new Option('--note', 'only for people: no agent is told'),
      new Option('--id <id>', 'id of the message; the same id counts once'),
    ],
    example: 'holdfast message latest "Use tabs, not spaces"',
    do: async ({ io, holdfast, run, by, options, rest: [given] }) => {
      const row = await holdfast.engine.sendMessage(run.id, {
        by,
        text: plainLines(given ?? (await typed(io))),
        type: options.note === true ? 'note' : 'intervention',
        ...(options.step === undefined ? {} : { step: options.step }),
        ...(options.id === undefined ? {} : { id: options.id }),
      })
      return {
        document: row,
        line: `Sent to run ${shortId(run.id)}. ${options.note === true ? '' : await whoGetsIt(io, holdfast, run)}`.trim(),
      }
    },
  })
}

async function typed(io: Io): Promise<string> {
  if (io.stdin.isTTY === true)
    throw new WorkflowError('USAGE', 'There is no message. Give it after the run, or on standard input.')
  return await text(io.stdin as Readable)
}

/** What becomes of a message to a run. */
export async function whoGetsIt(io: Io, { store }: Holdfast, run: WorkflowRunRow): Promise<string> {
  const waits = run.waiting_for
  if (waits !== null)
    return `The run waits (${oneLine(waits.detail)}); the next agent that works in it gets the message.`
  return (await isAnybodyAtWork(store))
    ? 'The agent that works gets it, or else the next one.'
    : `Nobody works on the run; an agent gets it when it goes on: ${io.called} resume ${shortId(run.id)}`
}
