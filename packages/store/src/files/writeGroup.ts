import type { PendingRun } from '../projection/RunFold.ts'
import type { RunColumns } from '../projection/rows.ts'
import type { Changes, Effect } from './effects.ts'
import type { FileCommitOptions, Group, Reply } from './FileCommit.ts'
import type { FileTransaction, OpenRun, Staged } from './FileTransaction.ts'
import type { Layout } from './layout.ts'
import { encodeBatch, eventLines, type CommitMark } from './lines.ts'
import { unsaid } from './readRun.ts'
import { encodeRunFile, digestOf } from './runFile.ts'
import type { RunState } from './RunState.ts'

/** A group of writes, ready for the disk. */
export interface PreparedGroup {
  readonly changes: Changes
  /** Replies to writes that changed nothing: they need not be kept together with anything. */
  readonly quick: readonly Reply[]
  /** Takes over in memory what is on the disk now, and tells of it. */
  readonly apply: (options: FileCommitOptions) => void
}

interface PreparedRun {
  readonly open: OpenRun
  readonly pending: PendingRun
  readonly text: string
  readonly mark: CommitMark
  readonly beside: ReadonlySet<keyof RunColumns>
  readonly offsets: readonly number[]
  /** Whether `run.json` shows something that lists and other processes look for. */
  readonly isNews: boolean
}

/** Turns what a group changed into changes of files. */
export function prepareGroup(tx: FileTransaction, group: Group): PreparedGroup {
  const runs: PreparedRun[] = []
  for (const [runId, pending] of tx.pending) {
    const open = tx.opened.get(runId)
    if (open !== undefined && group.keys.has(runId)) runs.push(prepareRun(open, pending))
  }
  const files = [...tx.files.values()].filter(({ path }) => group.keys.has(path))
  const effects: Effect[] = [...runs.map((run) => effectOf(tx.layout, run)), ...files.map(fileEffect)]
  const replies = group.done.flatMap(({ reply }) => reply ?? [])
  const isEmpty = effects.length === 0
  return {
    changes: {
      effects,
      replies: isEmpty ? [] : replies.flatMap((reply) => replyEffects(tx.layout, reply)),
    },
    quick: isEmpty ? replies : [],
    apply: (options) => {
      for (const run of runs) applyRun(options, run)
      for (const staged of files) applyFile(options, staged)
      const removed = files.filter(({ kind }) => kind === 'removeRun').map(({ path }) => path)
      const changed = new Map(runs.map(({ pending }) => [pending.run.id, pending.run.last_sequence]))
      for (const runId of removed) changed.set(runId, 0)
      options.onCommit(changed)
    },
  }
}

function prepareRun(open: OpenRun, pending: PendingRun): PreparedRun {
  const { before, isNew, born } = open
  const { run, events } = pending
  const beside = new Set([...before.beside, ...pending.beside])
  const [first] = events
  if (born !== null && first !== undefined) for (const column of unsaid(born, first.whole)) beside.add(column)
  const set: Partial<RunColumns> = {}
  for (const column of beside) Object.assign(set, { [column]: run[column] })
  const mark = { revision: before.revision + 1, set }
  const lines = eventLines(events)
  const text = lines.length === 0 ? '' : encodeBatch(lines, mark)
  const isNews = isNew || NEWS.some((column) => run[column] !== before.run[column])
  return { open, pending, text, mark, beside, offsets: offsetsOf(text, before.bytes), isNews }
}

/** Columns whose change is shown in `run.json` at once. */
const NEWS = [
  'status',
  'waiting_for',
  'owner_token',
  'worker_id',
  'due_at',
  'held_by',
  'completed_at',
] as const

/** Where each line of a text begins in the file that it is appended to, in bytes. */
function offsetsOf(text: string, start: number): number[] {
  const offsets: number[] = []
  let offset = start
  for (const line of text.split('\n').slice(0, -1)) {
    offsets.push(offset)
    offset += Buffer.byteLength(line) + 1
  }
  return offsets
}

function effectOf(layout: Layout, { open, text, pending, mark, beside }: PreparedRun): Effect {
  const { id } = pending.run
  if (text !== '') return { kind: 'append', path: `${id}/events.jsonl`, offset: open.before.bytes, text }
  // No event says it: the row itself has to last.
  const { before } = open
  const file = encodeRunFile({
    appliedSequence: pending.run.last_sequence,
    appliedBytes: before.bytes,
    revision: mark.revision,
    beside: [...beside],
    digest: digestOf(before),
    run: pending.run,
  })
  return { kind: 'write', path: relative(layout, layout.runFile(id)), text: file }
}

function applyRun({ runs, views }: FileCommitOptions, prepared: PreparedRun): void {
  const { open, pending, text, mark, beside, offsets, isNews } = prepared
  const state: RunState = open.before
  state.apply(pending)
  state.revision = mark.revision
  state.bytes += Buffer.byteLength(text)
  for (const offset of offsets) state.offsets.push(offset)
  state.beside.clear()
  if (text === '') for (const column of beside) state.beside.add(column)
  runs.committed(state)
  if (text !== '') views.showRun(state, isNews)
  views.showNodes(state, pending.rows)
}

function applyFile({ runs, logs, views }: FileCommitOptions, staged: Staged): void {
  if (staged.kind === 'removeRun') {
    views.forget(staged.path)
    runs.forget(staged.path)
    logs.forget(staged.path)
  } else if (staged.kind === 'append') {
    logs.committed(staged.runId, staged.offset + Buffer.byteLength(staged.text), staged.rows)
  }
}

function fileEffect(staged: Staged): Effect {
  if (staged.kind !== 'append') return staged
  const { kind, path, offset, text } = staged
  return { kind, path, offset, text }
}

function replyEffects(layout: Layout, { write, remove }: Reply): Effect[] {
  return [
    { kind: 'write', path: relative(layout, write.path), text: write.text },
    ...remove.map((path): Effect => ({ kind: 'remove', path: relative(layout, path) })),
  ]
}

function relative({ root }: Layout, path: string): string {
  return path.slice(root.length + 1).replaceAll('\\', '/')
}
