import type { Holdfast } from '@holdfast/runtime'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { plainLines } from '../output/format.ts'

/** What can be typed in a talk. */
export const TALK_HELP: readonly string[] = [
  'TEXT             a message to the agent that works, or else to the next one',
  '/to STEP TEXT    a message to the agent of this step, by number or name',
  '/note TEXT       a remark for people',
  '/approve [WHY]   say yes to the open question',
  '/reject [WHY]    say no to it',
  '/answer VALUE    answer it with a value: JSON, or a text',
  '/cancel          ask the run to stop',
  '/quit            leave; the run goes on',
]

/**
 * Says or does what a line asks for. A text is a message, never an answer.
 * @throws WorkflowError what the engine refuses; `USAGE` for a command that is not known.
 */
export async function speak(
  { engine }: Holdfast,
  runId: string,
  by: string | null,
  line: string,
): Promise<'done' | 'help' | 'leave'> {
  const given = plainLines(line).trim()
  if (given === '') return 'done'
  if (!given.startsWith('/')) {
    await engine.sendMessage(runId, { by, text: given })
    return 'done'
  }
  const [word = '', ...words] = given.split(' ')
  const rest = words.join(' ').trim()
  switch (word) {
    case '/help':
      return 'help'
    case '/quit':
      return 'leave'
    case '/note':
      await engine.sendMessage(runId, { by, text: rest, type: 'note' })
      return 'done'
    case '/to': {
      const [step = '', ...text] = words
      await engine.sendMessage(runId, { by, step, text: text.join(' ') })
      return 'done'
    }
    case '/approve':
    case '/reject':
      await engine.answer(runId, { by, approved: word === '/approve', comment: rest })
      return 'done'
    case '/answer': {
      const answer = jsonOrText(rest)
      await engine.answer(runId, { by, approved: answer !== 'fail', answer })
      return 'done'
    }
    case '/cancel':
      await engine.cancel(runId, { by })
      return 'done'
    default:
      throw new WorkflowError(
        'USAGE',
        `There is no ${word}. Type /help for what there is; a message begins with no slash.`,
      )
  }
}

function jsonOrText(given: string): unknown {
  try {
    return JSON.parse(given) as unknown
  } catch {
    return given
  }
}
