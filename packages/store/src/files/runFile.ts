import type { RunColumns } from '../projection/rows.ts'
import type { RunState } from './RunState.ts'

/** What lists need to know of a run's rows without reading its journal. */
export interface RunDigest {
  /** Number of questions, and of those that are open. */
  readonly approvals: number
  readonly openApprovals: number
  /** Chat threads other than the run's own that its messages went to. */
  readonly messageSessions: readonly string[]
  /** Number of rows that other runs look at; absent where there is none. */
  readonly grants?: number
  readonly limits?: number
}

/** A run as `run.json` shows it. */
export interface RunFile {
  /** Sequence of the last event that it takes into account. */
  readonly appliedSequence: number
  /** Length of the journal at that event, in bytes. */
  readonly appliedBytes: number
  readonly revision: number
  /** Columns changed beside events whose values the journal does not have yet. */
  readonly beside: readonly (keyof RunColumns)[]
  readonly digest: RunDigest
  readonly run: RunColumns
}

/** Columns that hold JSON text; in the file they are JSON, and left out where the column is null. */
const JSON_COLUMNS = [
  'input',
  'input_blob',
  'output',
  'output_blob',
  'error',
  'state',
  'git_diff_stats',
  'metadata',
  'waiting_for',
] as const satisfies readonly (keyof RunColumns)[]

/** Text of `run.json`. */
export function encodeRunFile({ run, ...file }: RunFile): string {
  const row: Record<string, unknown> = { ...run }
  for (const column of JSON_COLUMNS) {
    const text = run[column]
    if (text === null) delete row[column]
    else row[column] = JSON.parse(text)
  }
  return `${JSON.stringify({ ...file, run: row }, null, 1)}\n`
}

/** What a `run.json` says; null when it is broken, as after a power cut. */
export function decodeRunFile(text: string): RunFile | null {
  let file: Partial<RunFile> | null
  try {
    file = JSON.parse(text) as Partial<RunFile> | null
  } catch {
    return null
  }
  const { appliedSequence, appliedBytes, revision, digest, beside, run } = file ?? {}
  if (
    typeof appliedSequence !== 'number' ||
    typeof appliedBytes !== 'number' ||
    typeof revision !== 'number' ||
    digest === undefined ||
    !Array.isArray(beside) ||
    typeof run?.id !== 'string'
  )
    return null
  // Files of before there were forks and trees do not name the columns.
  const row: Record<string, unknown> = {
    ...run,
    forked_from: run.forked_from ?? null,
    root_run_id: run.root_run_id ?? run.parent_run_id ?? run.id,
  }
  for (const column of JSON_COLUMNS) row[column] = column in run ? JSON.stringify(run[column]) : null
  return { appliedSequence, appliedBytes, revision, digest, beside, run: row as unknown as RunColumns }
}

/** The file of a run as it is in memory. */
export function runFileOf(state: RunState): RunFile {
  return {
    appliedSequence: state.run.last_sequence,
    appliedBytes: state.bytes,
    revision: state.revision,
    beside: [...state.beside],
    digest: digestOf(state),
    run: state.run,
  }
}

/** The digest of a run's rows. */
export function digestOf({ run, tables }: RunState): RunDigest {
  const approvals = [...tables.approvals.values()]
  const sessions = new Set([...tables.messages.values()].map((message) => message.session_id))
  return {
    approvals: approvals.length,
    openApprovals: approvals.filter(({ status }) => status === 'open').length,
    messageSessions: [...sessions].filter((id) => id !== null && id !== run.session_id) as string[],
    ...(tables.budget_grants.size === 0 ? {} : { grants: tables.budget_grants.size }),
    ...(tables.provider_limits.size === 0 ? {} : { limits: tables.provider_limits.size }),
  }
}
