import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { holdfastJson } from './holdfast.ts'

/** The parts of an execution document that the summary shows. */
interface Execution {
  readonly id: string
  readonly status: string
  readonly result: string | null
  readonly error_message: string | null
  readonly steps: readonly {
    readonly name: string
    readonly status: string
    readonly parent_step_id: string | null
    readonly duration_ms: number | null
  }[]
  readonly artifacts: readonly {
    readonly name: string
    readonly type: string
    readonly storage_path: string
  }[]
  readonly git: {
    readonly branch: string | null
    readonly final_commit: string | null
    readonly added: number
    readonly removed: number
    readonly files: readonly {
      readonly path: string
      readonly added: number | null
      readonly removed: number | null
    }[]
  }
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly cached_read_tokens: number
    readonly cost_usd: number | null
  }
  readonly log_file_path: string | null
}

/** Prints what the run did, where everything lies, and what to try next. */
export async function printSummary(project: string, tookMs: number): Promise<void> {
  const run = await holdfastJson<Execution>(['runs', 'show', 'latest', '--project', project])
  const { git, usage } = run
  const steps = run.steps.filter((step) => step.parent_step_id === null)
  const reports = run.artifacts.filter((artifact) => artifact.type === 'test_report')
  const cost = usage.cost_usd === null ? 'unknown' : `$${usage.cost_usd.toFixed(4)}`
  const lines = [
    '',
    `${run.status === 'completed' ? 'Done' : `Ended as ${run.status}`} in ${(tookMs / 1000).toFixed(1)} s: ${run.result ?? run.error_message ?? ''}`,
    '',
    `  steps    ${steps.map((step) => `${step.name}${step.status === 'completed' ? '' : ` (${step.status})`}`).join(' → ')}`,
    `  commit   ${git.final_commit ?? 'none'} on ${git.branch ?? 'no branch'}: ${headline(project, git.final_commit)}`,
    `  diff     +${git.added} −${git.removed} in ${git.files.map((file) => file.path).join(', ') || 'no file'}`,
    `  tests    ${reports.length} reports, the last one: ${testResult(project, reports.at(-1)?.storage_path)}`,
    `  tokens   ${usage.input_tokens} in, ${usage.output_tokens} out, ${usage.cached_read_tokens} from the cache`,
    `  cost     ${cost} (as recorded; playing a recording costs nothing)`,
    '',
    `  project  ${project}`,
    `  run      ${project}/.agent/workflows/executions/${run.id}`,
    `  journal  ${project}/.agent/holdfast.db`,
    '',
    'Try next:',
    `  npx holdfast runs show latest --project ${project}`,
    `  npx holdfast runs events latest --project ${project}`,
    `  git -C ${project} show --stat ${git.final_commit ?? ''}`.trimEnd(),
    '',
  ]
  process.stdout.write(lines.join('\n'))
}

function headline(project: string, commit: string | null): string {
  if (commit === null) return 'nothing was committed'
  return execFileSync('git', ['log', '-1', '--format=%s', commit], { cwd: project, encoding: 'utf8' }).trim()
}

/** The counting lines at the end of what Node's test runner prints. */
function testResult(project: string, report: string | undefined): string {
  if (report === undefined) return 'none'
  const text = readFileSync(`${project}/${report}`, 'utf8')
  const count = (name: string): string => new RegExp(`^[#ℹ] ${name} (\\d+)`, 'm').exec(text)?.[1] ?? '?'
  return `${count('pass')} passed, ${count('fail')} failed (${report})`
}
