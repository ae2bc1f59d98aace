import { Option, type Command } from 'commander'
import { WORKFLOW_STATUSES, WorkflowError, type WorkflowStatus } from '@holdfast/workflow-sdk'
import { ownersOf, type RunOwner, type WorkflowRunRow } from '@holdfast/runtime'
import { EXIT } from '../../exitCodes.ts'
import { withProject } from '../../input/withProject.ts'
import { formatAgo, formatCost, formatDuration, oneLine, shortId } from '../../output/format.ts'
import { printJson } from '../../output/print.ts'
import { styled } from '../../output/style.ts'
import { table } from '../../output/table.ts'
import { waitText } from '../../output/waits.ts'
import { clip } from '../../output/width.ts'
import { newCommand, type Shell } from '../../shell.ts'

interface Options {
  readonly workflow?: string
  readonly status?: string
  readonly limit: string
  readonly page: string
}

/** `holdfast runs list`: the newest runs of the project. */
export function runsList(shell: Shell): Command {
  return newCommand<Options>(shell, {
    name: 'list',
    summary: 'list runs, newest first',
    options: [
      new Option('--workflow <name>', 'only runs of this workflow'),
      new Option('--status <status>', `only runs with this status: ${WORKFLOW_STATUSES.join(', ')}`),
      new Option('--limit <n>', 'how many').default('20'),
      new Option('--page <n>', 'which page, from 1').default('1'),
    ],
    example: 'holdfast runs list --status waiting',
    run: async (io, _args, options) => {
      const query = {
        limit: count(options.limit, '--limit', 200),
        page: count(options.page, '--page', Number.MAX_SAFE_INTEGER),
        ...(options.workflow === undefined ? {} : { workflowName: options.workflow }),
        ...(options.status === undefined ? {} : { status: statusOf(options.status) }),
      }
      return await withProject(io, options, async ({ store, project }) => {
        const { items, total } = await store.listWorkflowRuns({ ...query, projectId: project.id })
        const now = Date.now()
        const owners = await ownersOf(store, items, now)
        if (options.json === true) {
          printJson(
            io,
            items.map((run) => ({ ...run, owner: owners.get(run.id) ?? null })),
          )
          return EXIT.completed
        }
        const style = styled(io.stdout)
        const rows = items.map((run) => [
          shortId(run.id),
          `${run.parent_run_id === null ? '' : '↳ '}${run.workflow_name}`,
          run.status,
          formatAgo(run.created_at, now),
          run.duration_ms === null ? '' : formatDuration(run.duration_ms),
          run.total_tokens === 0 ? '' : formatCost(run.cost_estimate),
          aboutOf(run, owners.get(run.id)),
        ])
        if (rows.length === 0) io.stderr.write(`No runs. Start one with: ${io.called} run WORKFLOW\n`)
        else
          io.stdout.write(
            table(
              io.stdout,
              ['RUN', 'WORKFLOW', 'STATUS', 'STARTED', 'TOOK', 'COST', ''].map((word) => style('dim', word)),
              rows,
            ),
          )
        if (total > items.length)
          io.stderr.write(`${items.length} of ${total}; more with --page or --limit.\n`)
        return EXIT.completed
      })
    },
  })
}

/** What it waits for, why it failed, what came of it, or that nobody executes it. */
function aboutOf(run: WorkflowRunRow, owner: RunOwner | undefined): string {
  const waits = run.waiting_for === null ? null : waitText(run.waiting_for)
  const about = waits ?? run.error_message ?? run.result ?? WORD[owner?.state ?? 'working']
  return clip(oneLine(about), 100)
}

/** What a status alone does not tell. */
const WORD: Readonly<Record<RunOwner['state'], string>> = {
  working: '',
  silent: 'its worker says nothing',
  gone: 'its worker is gone',
  none: 'no worker has it',
}

function statusOf(given: string): WorkflowStatus {
  const status = given.toLowerCase() as WorkflowStatus
  if (WORKFLOW_STATUSES.includes(status)) return status
  throw new WorkflowError(
    'USAGE',
    `"${given}" is no status of a run. Use one of: ${WORKFLOW_STATUSES.join(', ')}.`,
  )
}

function count(given: string, option: string, most: number): number {
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new WorkflowError(
    'USAGE',
    `${option} is ${JSON.stringify(given)}. Use a whole number from 1${most < 1e9 ? ` to ${most}` : ''}.`,
  )
}
