import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { EventPayloads } from '@holdfast/workflow-sdk/journal'
import { newRunColumns } from '../projection/newRun.ts'
import { RunFold } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import { readIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import { parseJournal, tooShort, type Batch } from './lines.ts'
import { decodeRunFile, type RunFile } from './runFile.ts'
import { RunState } from './RunState.ts'

/** A run as it was read from its files. */
export interface ReadRun {
  readonly state: RunState
  /** What `run.json` said; null when there is none, or a broken one. */
  readonly file: RunFile | null
  /** Length of the journal on the disk, with what a crash left behind. */
  readonly size: number
}

/**
 * Reads a run: its rows are what the projection makes of its journal; `run.json` has the last word where it
 * knows of a change that wrote no event. Null when there is no such run.
 * @throws WorkflowError `JOURNAL_CORRUPT`.
 */
export function readRun(layout: Layout, runId: string): ReadRun | null {
  const path = layout.journal(runId)
  // Read first: what is written between the two reads makes the journal the newer one.
  const file = readRunFile(layout, runId)
  const content = readIfThere(path)
  if (content === null) {
    if (file !== null && file.appliedBytes > 0) throw tooShort(path, 0, file.appliedBytes)
    return null
  }
  const { batches, bytes } = parseJournal(content, path)
  if (file !== null && bytes < file.appliedBytes) throw tooShort(path, bytes, file.appliedBytes)
  const state = replay(runId, batches)
  if (state === null) return null
  state.bytes = bytes
  if (file !== null && file.revision > state.revision) {
    state.run = file.run
    state.revision = file.revision
    for (const column of file.beside) state.beside.add(column)
  }
  return { state, file, size: content.length }
}

/** What the `run.json` of a run says. */
export function readRunFile(layout: Layout, runId: string): RunFile | null {
  const text = readIfThere(layout.runFile(runId))
  return text === null ? null : decodeRunFile(text.toString('utf8'))
}

/** Rows and places of the events of a journal; null for one that holds none. */
function replay(runId: string, batches: readonly Batch[]): RunState | null {
  const [created] = batches[0]?.lines ?? []
  if (created === undefined) return null
  const payload = created.payload as EventPayloads['run.created']
  const state = new RunState(newRunColumns(runId, payload, created.timestamp, created.timestamp))
  const fold = new RunFold(state.run, state, true)
  for (const { lines, offsets, commit } of batches) {
    for (const line of lines) {
      const event = { type: line.type, payload: line.payload } as NewJournalEvent
      fold.append({ event, keptText: '' }, line.timestamp, line.schemaVersion, line.externalId ?? null)
    }
    fold.change(commit.set)
    for (const offset of offsets) state.offsets.push(offset)
    state.revision = commit.revision
  }
  state.apply(fold.take())
  return state
}

/** Columns of a new run that its `run.created` does not give, such as when it becomes due. */
export function unsaid(run: RunColumns, payload: object): (keyof RunColumns)[] {
  const said = newRunColumns(run.id, payload as EventPayloads['run.created'], run.created_at, run.created_at)
  return (Object.keys(run) as (keyof RunColumns)[]).filter((column) => run[column] !== said[column])
}
