import { setTimeout as delay } from 'node:timers/promises'
import { KILL_AFTER_MS } from './endGroup.ts'
import type { ProcessRow } from './ProcessTable.ts'
import { processTable } from './thisProcessTable.ts'

/** Which processes are to end. */
export interface Quarry {
  /** Those that carry this in their environment. */
  readonly variable: { readonly name: string; readonly value: string }
  /** And these, where pid and start time both still fit. */
  readonly known: readonly { readonly pid: number; readonly startTime: string | null }[]
  /** From SIGTERM to SIGKILL, in milliseconds; default 5,000. */
  readonly killAfterMs?: number
}

/** A process that stays after SIGKILL hangs in the kernel; it will not run our user's code again. */
const GIVE_UP_AFTER_MS = 10_000
const POLL_MS = 20

/**
 * Ends processes and all that they started: SIGTERM, then SIGKILL, again and again until a look at the
 * process table finds none. Never ends the calling process. Answers how many were ended.
 */
export async function endProcesses(quarry: Quarry): Promise<number> {
  const seen = new Map<string, ProcessRow>()
  const killAt = performance.now() + (quarry.killAfterMs ?? KILL_AFTER_MS)
  for (;;) {
    const found = await find(quarry, seen)
    if (found.length === 0 || performance.now() > killAt + GIVE_UP_AFTER_MS) return seen.size
    const kill = performance.now() >= killAt
    for (const row of found) {
      const isNew = !seen.has(nameOf(row))
      seen.set(nameOf(row), row)
      if (isNew || kill) send(row, kill ? 'SIGKILL' : 'SIGTERM')
    }
    await delay(POLL_MS)
  }
}

/** Processes below `pid`, found through their parents. */
export async function descendantsOf(pid: number): Promise<readonly ProcessRow[]> {
  const rows = await processTable.list()
  return withDescendants(
    rows.filter((row) => row.parentPid === pid),
    rows,
  )
}

/** Those of earlier rounds stay in view: their own children would be lost when their parents end first. */
async function find(quarry: Quarry, seen: ReadonlyMap<string, ProcessRow>): Promise<ProcessRow[]> {
  const [rows, marked] = await Promise.all([
    processTable.list(),
    processTable.withVariable(quarry.variable.name, quarry.variable.value),
  ])
  const names = new Set([...seen.keys(), ...marked.map(nameOf)])
  for (const { pid, startTime } of quarry.known) if (startTime !== null) names.add(`${pid} ${startTime}`)
  return withDescendants(
    rows.filter((row) => names.has(nameOf(row)) && row.pid !== process.pid),
    rows,
  )
}

function withDescendants(roots: readonly ProcessRow[], rows: readonly ProcessRow[]): ProcessRow[] {
  const children = Map.groupBy(rows, (row) => row.parentPid)
  const found = new Map(roots.map((row) => [row.pid, row]))
  for (const row of found.values()) {
    for (const child of children.get(row.pid) ?? [])
      if (child.pid !== process.pid) found.set(child.pid, child)
  }
  return [...found.values()]
}

const nameOf = (row: ProcessRow): string => `${row.pid} ${row.startTime}`

/** The pid may belong to another process by now, so its start time is looked at once more. */
function send(row: ProcessRow, signal: NodeJS.Signals): void {
  if (processTable.find(row.pid)?.startTime !== row.startTime) return
  try {
    process.kill(row.pid, signal)
  } catch {
    // It ended in between, or is not ours to end.
  }
}
