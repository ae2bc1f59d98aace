import type { Command } from 'commander'
import type { IWorkflowStore, UsageGroup, UsageSum } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { findRun } from '../../input/findRun.ts'
import { withProject } from '../../input/withProject.ts'
import type { Io } from '../../io.ts'
import { counted, formatCost, formatTokens, oneLine, shortId } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { table } from '../../output/table.ts'
import { newCommand, type Shell } from '../../shell.ts'

/** What a run and everything below it cost. Keys of the sums are those of {@link UsageSum}. */
interface RunCost {
  readonly run_id: string
  /** The run and everything below it. */
  readonly total: Omit<UsageSum, 'key' | 'label'> | null
  readonly by_run: readonly UsageSum[]
  readonly by_step: readonly UsageSum[]
  readonly by_agent: readonly UsageSum[]
  readonly by_model: readonly UsageSum[]
}

/** `holdfast runs cost`: what a run cost, with the runs below it. */
export function runsCost(shell: Shell): Command {
  return newCommand(shell, {
    name: 'cost',
    summary: 'show what a run cost, by step, agent and model',
    description:
      'Show what a run and everything below it cost, by step, agent, model and run. Calls whose price is not known ' +
      'are counted and are no part of the sum.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    example: 'holdfast runs cost latest --json',
    run: async (io, [given], options) =>
      await withProject(io, options, async ({ store, project }) => {
        const { id } = await findRun(store, project.id, given!)
        const cost = await costOf(store, id)
        if (options.json === true) printJson(io, cost)
        else print(io, cost)
        return EXIT.completed
      }),
  })
}

async function costOf(store: IWorkflowStore, rootRunId: string): Promise<RunCost> {
  const by = (groupBy: UsageGroup): Promise<UsageSum[]> => store.sumLlmUsage({ rootRunId, groupBy })
  const [all, by_run, by_step, by_agent, by_model] = await Promise.all([
    by('project'),
    by('run'),
    by('step'),
    by('agent'),
    by('model'),
  ])
  const [whole] = all
  if (whole === undefined) return { run_id: rootRunId, total: null, by_run, by_step, by_agent, by_model }
  const { key: _key, label: _label, ...total } = whole
  return { run_id: rootRunId, total, by_run, by_step, by_agent, by_model }
}

function print(io: Io, { run_id, total, by_run, by_step, by_agent, by_model }: RunCost): void {
  if (total === null) {
    io.stdout.write(`Run ${shortId(run_id)} called no model.\n`)
    return
  }
  const runs = by_run.map((sum) => ({ ...sum, label: shortId(sum.key ?? '') }))
  for (const [title, sums] of [
    ['STEP', by_step],
    ['AGENT', by_agent],
    ['MODEL', by_model],
    ...(runs.length > 1 ? [['RUN', runs] as const] : []),
  ] as const) {
    const header = [title, 'CALLS', 'IN', 'OUT', 'CACHED', 'COST']
    io.stdout.write(`${table(io.stdout, header, sums.map(cells))}\n`)
  }
  const below = by_run.length > 1 ? ` in ${counted(by_run.length, 'run')}` : ''
  io.stdout.write(
    `Total: ${price(total)}, ${formatTokens(total.total_tokens)} tokens, ${counted(total.calls, 'call')}${below}\n`,
  )
}

function cells(sum: UsageSum): string[] {
  return [
    oneLine(sum.label ?? '–'),
    String(sum.calls),
    formatTokens(sum.input_tokens),
    formatTokens(sum.output_tokens),
    formatTokens(sum.cached_read_tokens),
    price(sum),
  ]
}

function price({ cost, calls, cost_unknown_calls }: Omit<UsageSum, 'key' | 'label'>): string {
  if (cost_unknown_calls === 0 || cost_unknown_calls === calls) return formatCost(cost)
  return `${formatCost(cost)} and ${counted(cost_unknown_calls, 'call')} of unknown price`
}
