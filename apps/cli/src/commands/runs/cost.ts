import { Option, type Command } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { usageByDay, type IWorkflowStore, type UsageGroup, type UsageSum } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { findRun } from '../../input/findRun.ts'
import { withProject } from '../../input/withProject.ts'
import type { Io } from '../../io.ts'
import { counted, formatTokens, oneLine, shortId } from '../../output/format.ts'
import { priceText } from '../../output/price.ts'
import { printJson } from '../../output/print.ts'
import { table } from '../../output/table.ts'
import { newCommand, type Shell } from '../../shell.ts'

const GROUPS = ['step', 'agent', 'model', 'run', 'workflow', 'day'] as const
type Group = (typeof GROUPS)[number]

interface Options {
  readonly by?: string
  readonly from?: string
  readonly to?: string
}

type Total = Omit<UsageSum, 'key' | 'label'>

/** What a run with everything below it, or a project in a time, cost. Keys of the sums are those of {@link UsageSum}. */
interface Cost {
  /** Null: of the project. */
  readonly run_id: string | null
  readonly project_id: string
  /** ISO; null: since ever, until now. */
  readonly from: string | null
  readonly to: string | null
  readonly total: Total | null
  /** `by_run`, `by_step`, …: as many as were asked for. */
  readonly [by: `by_${string}`]: readonly UsageSum[]
}

const DAY_MS = 86_400_000
/** Days that are shown of a project where nobody says which. */
const DAYS = 30

/** `holdfast runs cost`: what a run, or the project, cost. */
export function runsCost(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'cost',
    summary: 'show what a run or the project cost',
    description:
      'Show what a run and everything below it cost, by step, agent, model and run; without a run what the project ' +
      `cost in the last ${DAYS} days, by day, workflow, agent and model. Days are those of the time zone of ` +
      'budgets.day in the configuration, else UTC. Calls whose price is not known are counted and are no part of the sum.',
    arguments: [['[run]', 'id of the run, its beginning, or latest; default: the whole project']],
    options: [
      new Option('--by <what>', `only by one of: ${GROUPS.join(', ')}`),
      new Option('--from <time>', 'calls at or after this time, such as 2026-11-01'),
      new Option('--to <time>', 'calls before this time'),
    ],
    example: 'holdfast runs cost latest --json',
    run: async (io, [given], options) =>
      await withProject(io, options, async ({ store, project, config }) => {
        const runId = given === undefined ? null : (await findRun(store, project.id, given)).id
        const now = Date.now()
        const since = runId === null ? new Date(now - DAYS * DAY_MS).toISOString() : null
        const cost = await costOf(store, {
          projectId: project.id,
          runId,
          from: timeOf(options.from, '--from') ?? since,
          to: timeOf(options.to, '--to'),
          groups: groupsOf(options.by, runId),
          timeZone: config.budgets?.day?.timeZone ?? 'UTC',
          now,
        })
        if (options.json === true) printJson(io, cost)
        else print(io, cost)
        return EXIT.completed
      }),
  })
}

interface Asked {
  readonly projectId: string
  readonly runId: string | null
  readonly from: string | null
  readonly to: string | null
  readonly groups: readonly Group[]
  readonly timeZone: string
  /** Milliseconds since 1970. */
  readonly now: number
}

async function costOf(store: IWorkflowStore, asked: Asked): Promise<Cost> {
  const { projectId, runId, from, to, groups, timeZone, now } = asked
  const which = runId === null ? { projectId } : { rootRunId: runId }
  const time = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
  const sum = (groupBy: UsageGroup): Promise<UsageSum[]> => store.sumLlmUsage({ ...which, ...time, groupBy })
  const by = async (group: Group): Promise<readonly UsageSum[]> => {
    if (group !== 'day') return await sum(group)
    const began = runId === null ? null : (await store.getWorkflowRun(runId)).created_at
    const first = from ?? began ?? new Date(now - DAYS * DAY_MS).toISOString()
    return await usageByDay(store, which, { timeZone, from: first, to: to ?? new Date(now).toISOString() })
  }
  const [whole] = await sum('project')
  const found = await Promise.all(groups.map(async (group) => [`by_${group}`, await by(group)] as const))
  const { key: _key, label: _label, ...total } = whole ?? { key: null, label: null }
  return {
    run_id: runId,
    project_id: projectId,
    from,
    to,
    total: whole === undefined ? null : (total as Total),
    ...Object.fromEntries(found),
  }
}

function print(io: Io, cost: Cost): void {
  const { run_id, total } = cost
  if (total === null) {
    io.stdout.write(`${run_id === null ? 'The project' : `Run ${shortId(run_id)}`} called no model.\n`)
    return
  }
  const runs = cost.by_run ?? []
  for (const group of GROUPS) {
    const sums = cost[`by_${group}`] ?? []
    const shown = group === 'run' ? sums.map((sum) => ({ ...sum, label: shortId(sum.key ?? '') })) : sums
    // One run alone is the total, unless somebody asks for it.
    if (sums.length === 0 || (group === 'run' && sums.length === 1 && cost.by_step !== undefined)) continue
    const header = [group.toUpperCase(), 'CALLS', 'IN', 'OUT', 'CACHED', 'COST']
    io.stdout.write(`${table(io.stdout, header, shown.map(cells))}\n`)
  }
  const below = runs.length > 1 ? ` in ${counted(runs.length, 'run')}` : ''
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

function price({ cost, cost_unknown_calls }: Total): string {
  return priceText({ cost_usd: cost, cost_unknown_calls })
}

function groupsOf(given: string | undefined, runId: string | null): readonly Group[] {
  if (given === undefined)
    return runId === null ? ['day', 'workflow', 'agent', 'model'] : ['run', 'step', 'agent', 'model']
  const group = GROUPS.find((one) => one === given)
  if (group !== undefined) return [group]
  throw new WorkflowError('USAGE', `--by is ${JSON.stringify(given)}. Use one of: ${GROUPS.join(', ')}.`)
}

function timeOf(given: string | undefined, option: string): string | null {
  if (given === undefined) return null
  const at = Date.parse(given)
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new WorkflowError(
    'USAGE',
    `${option} is ${JSON.stringify(given)}. Use a time such as 2026-11-01 or 2026-11-01T08:00:00Z.`,
  )
}
