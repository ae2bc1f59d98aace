import type { Command } from 'commander'
import { parseJson } from '../input/parseInput.ts'
import { oneLine, shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'
import { ANSWER_OPTIONS, giveAnswer } from './decide.ts'

/** `holdfast answer`: answers a question of a run with a value. */
export function answer(shell: Shell): Command {
  return actionCommand<Parameters<typeof giveAnswer>[0]['options']>(shell, {
    name: 'answer',
    summary: 'answer a question of a run with a value',
    description:
      'Answer a question of a run. The value is JSON, @file or @-; what is no JSON is taken as text. For the ' +
      "engine's own questions it is one of their choices, e.g. retry.",
    arguments: [['<value>', 'the answer']],
    options: ANSWER_OPTIONS(),
    example: `holdfast answer latest '{"port":8080}'`,
    do: async (call) => {
      const given = call.rest[0]!
      const value = given.startsWith('@') ? await parseJson(call.io, given, 'The answer') : jsonOrText(given)
      const row = await giveAnswer(call, { approved: value !== 'fail', answer: value })
      return { document: row, line: `Answered: ${oneLine(row.title)} (run ${shortId(call.run.id)})` }
    },
  })
}

function jsonOrText(given: string): unknown {
  try {
    return JSON.parse(given) as unknown
  } catch {
    return given
  }
}
