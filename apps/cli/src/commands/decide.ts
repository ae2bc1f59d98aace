import { Option, type Command } from 'commander'
import type { ApprovalRow } from '@holdfast/runtime'
import { oneLine, shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand, type ActionCall } from './act.ts'

interface Options {
  readonly question?: string
  readonly comment?: string
  readonly revision?: string
}

/** Options of every command that answers. */
export const ANSWER_OPTIONS = (): readonly Option[] => [
  new Option('--question <id>', 'which question, by id or name; needed when several are open'),
  new Option('--comment <text>', 'a remark for the audit trail'),
  new Option('--revision <n>', 'refuse when what is asked has changed since this revision'),
]

/** `approve` and `reject`. */
export function decisionCommand(
  shell: Shell,
  { name, approved, word, done }: { name: string; approved: boolean; word: string; done: string },
): Command {
  return actionCommand<Options>(shell, {
    name,
    summary: `say ${word} to what a run asks`,
    options: ANSWER_OPTIONS(),
    example: `holdfast ${name} latest --comment "looks ${approved ? 'good' : 'wrong'}"`,
    do: async (call) => {
      const row = await giveAnswer(call, { approved })
      return { document: row, line: `${done}: ${oneLine(row.title)} (run ${shortId(call.run.id)})` }
    },
  })
}

/** Answers the open question of a run. */
export async function giveAnswer(
  { holdfast, run, by, options }: ActionCall<Options>,
  answer: { readonly approved: boolean; readonly answer?: unknown },
): Promise<ApprovalRow> {
  return await holdfast.engine.answer(run.id, {
    ...answer,
    by,
    ...(options.question === undefined ? {} : { approvalId: options.question }),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.revision === undefined ? {} : { revision: Number(options.revision) }),
  })
}
