import { Option, type Command } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { shortId } from '../output/format.ts'
import type { Shell } from '../shell.ts'
import { actionCommand } from './act.ts'

interface Options {
  readonly usd?: string
  readonly tokens?: string
  readonly turns?: string
  readonly wall?: string
  readonly tree?: boolean
  readonly day?: boolean
}

const WHOSE = {
  run: 'run',
  tree: 'the runs around',
  day: 'the project for today',
} as const

/** `holdfast budget`: raises the budget of a run. */
export function budget(shell: Shell): Command {
  return actionCommand<Options>(shell, {
    name: 'budget',
    summary: 'raise the budget of a run',
    description:
      'Raise the budget of a run by amounts, also while its agents work. A step that was stopped by the budget goes on ' +
      'by itself when there is room again. With --tree it is the budget of everything that belongs together with the run, ' +
      'with --day that of the project for today, as the configuration sets them.',
    options: [
      new Option('--usd <dollars>', 'so many US dollars more'),
      new Option('--tokens <n>', 'so many tokens more, input and output'),
      new Option('--turns <n>', 'so many model calls more'),
      new Option('--wall <duration>', 'so much running time more, e.g. 30m'),
      new Option('--tree', 'raise the budget that the run shares with its parents and children'),
      new Option('--day', 'raise the budget of the project for today').conflicts('tree'),
    ],
    example: 'holdfast budget latest --usd 5',
    do: async ({ holdfast, run, by, options }) => {
      const { usd, tokens, turns, wall } = options
      const amounts = {
        ...amount('usd', usd),
        ...amount('tokens', tokens),
        ...amount('turns', turns),
        ...(wall === undefined ? {} : { wallMs: wall }),
      }
      const of = options.tree === true ? 'tree' : options.day === true ? 'day' : 'run'
      await holdfast.engine.raiseBudget(run.id, { by, amounts, of })
      return {
        document: { id: run.id, of, raised: amounts },
        line: `Raised the budget of ${WHOSE[of]} ${of === 'day' ? '' : shortId(run.id)}`
          .trimEnd()
          .concat('.'),
      }
    },
  })
}

function amount(name: string, given: string | undefined): Readonly<Record<string, number>> {
  if (given === undefined) return {}
  const value = Number(given)
  if (Number.isFinite(value) && value > 0) return { [name]: value }
  throw new WorkflowError('USAGE', `--${name} is ${JSON.stringify(given)}. Use a number above 0.`)
}
