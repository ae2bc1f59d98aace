import { readdirSync } from 'node:fs'
import { isTerminal, type WorkflowError } from '@holdfast/workflow-sdk'
import type { RunColumns } from '../projection/rows.ts'
import { damageOf } from './damage.ts'
import { readIfThere, statIfThere } from './io.ts'
import { isRunId, type Layout } from './layout.ts'
import { readRun, readRunFile } from './readRun.ts'
import { digestOf, type RunDigest } from './runFile.ts'
import type { RunState } from './RunState.ts'

/** What is kept in memory of every run: its row, and what lists need beside it. */
export interface RunEntry {
  readonly run: RunColumns
  readonly digest: RunDigest
  readonly revision: number
  /** Length of the journal that the row takes into account, in bytes. */
  readonly bytes: number
  /** Length of the journal on the disk when it was last looked at. */
  readonly size: number
  /** Time and size of `run.json` when it was read. */
  readonly stamp: string
  /** Why the journal cannot be read; its row is that of `run.json`. */
  readonly trouble: WorkflowError | null
}

interface KeptState {
  readonly state: RunState
  /** Length of the journal on the disk when it was read. */
  readonly size: number
  readonly stamp: string
}

/** Rows of so many bytes of journals are kept in memory for runs that nobody executes. */
const KEPT_BYTES = 64 * 1024 * 1024

/**
 * Every run of the directory. Invariants:
 *
 * - I1 While this process holds the store memory is the truth: no file is looked at again.
 * - I2 Otherwise files are looked at again when the number in `commits` has changed: `run.json` by time and
 *   size, the journal of an unfinished run by its length. A journal is read only when one of these says so.
 */
export class Runs {
  readonly #layout: Layout
  readonly #entries = new Map<string, RunEntry>()
  readonly #states = new Map<string, KeptState>()
  #keptBytes = 0
  #isHeld = false
  #seen = ''
  /** Runs that were looked at since the last commit of another process. */
  readonly #looked = new Set<string>()
  /** Runs that are not over. */
  readonly #unfinished = new Set<string>()
  /** Runs whose `run.json` did not show what the journal says. */
  readonly #behind = new Set<string>()
  /** Runs whose journal is damaged and that have no `run.json` either. */
  readonly #damaged = new Map<string, WorkflowError>()
  /** Journals that were read, for those who want to know what opening costs. */
  journalsRead = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /**
   * From here on memory is the truth (I1); everything is looked at once more. Answers the runs whose `run.json`
   * does not show what their journal says.
   */
  hold(): RunState[] {
    this.letGo()
    this.#scan()
    for (const [runId, kept] of this.#states) if (!this.#isCurrent(runId, kept)) this.#drop(runId)
    this.#isHeld = true
    const behind = [...this.#behind].flatMap((runId) => this.#states.get(runId)?.state ?? [])
    this.#behind.clear()
    return behind
  }

  /** Another process may write from here on. */
  letGo(): void {
    this.#isHeld = false
    this.#seen = ''
    this.#looked.clear()
  }

  /** Every run. */
  all(): RunEntry[] {
    this.#refresh()
    return [...this.#entries.values()]
  }

  /** What is wrong with runs of which nothing can be read, and which {@link all} therefore lacks. */
  damaged(): WorkflowError[] {
    this.#refresh()
    return [...this.#damaged.values()]
  }

  /** Runs that are not over, but for those whose journal is damaged. */
  unfinished(): RunEntry[] {
    this.#refresh()
    const entries = [...this.#unfinished].flatMap((runId) => this.#entries.get(runId) ?? [])
    return entries.filter(({ trouble }) => trouble === null)
  }

  /** One run; null when there is none. @throws WorkflowError `JOURNAL_CORRUPT` when nothing of it can be read. */
  find(runId: string): RunEntry | null {
    if (!isRunId(runId)) return null
    if (!this.#isHeld) {
      this.#noticeCommits()
      if (!this.#looked.has(runId)) this.#look(runId)
    }
    const damage = this.#damaged.get(runId)
    if (damage !== undefined) throw damage
    return this.#entries.get(runId) ?? null
  }

  /** One run with all its rows; null when there is none. @throws WorkflowError `JOURNAL_CORRUPT`. */
  state(runId: string): RunState | null {
    const entry = this.find(runId)
    if (entry === null) return null
    if (entry.trouble !== null) throw entry.trouble
    const kept = this.#states.get(runId)
    if (kept !== undefined && this.#isCurrent(runId, kept)) {
      // The one used last is forgotten last.
      this.#states.delete(runId)
      this.#states.set(runId, kept)
      return kept.state
    }
    this.#readEntry(runId)
    const trouble = this.#entries.get(runId)?.trouble ?? null
    if (trouble !== null) throw trouble
    return this.#states.get(runId)?.state ?? null
  }

  /** Takes over a run as it was committed. */
  committed(state: RunState): void {
    const { run, revision, bytes } = state
    const { id } = run
    this.#setEntry(id, {
      run,
      revision,
      bytes,
      size: bytes,
      digest: digestOf(state),
      stamp: '',
      trouble: null,
    })
    this.#keep(id, { state, size: bytes, stamp: '' })
  }

  /**
   * A run whose journal turned out to lack what it held. Answers whether that is news.
   * @param trouble `JOURNAL_CORRUPT`.
   */
  damage(runId: string, trouble: WorkflowError): boolean {
    if (this.#damaged.has(runId) || (this.#entries.get(runId)?.trouble ?? null) !== null) return false
    this.#inTrouble(runId, trouble)
    return true
  }

  /** A run that is gone. */
  forget(runId: string): void {
    this.#entries.delete(runId)
    this.#unfinished.delete(runId)
    this.#drop(runId)
  }

  #refresh(): void {
    if (this.#isHeld) return
    this.#noticeCommits()
    if (!this.#looked.has(ALL)) this.#scan()
  }

  /** Everything has to be looked at again when another process has committed since. */
  #noticeCommits(): void {
    const seen = readIfThere(this.#layout.commits)?.toString('latin1') ?? ''
    if (seen === this.#seen && seen !== '') return
    this.#seen = seen
    this.#looked.clear()
  }

  #scan(): void {
    const there = new Set<string>()
    for (const name of readdirSync(this.#layout.root)) {
      if (!isRunId(name)) continue
      there.add(name)
      this.#look(name)
    }
    for (const runId of this.#entries.keys()) if (!there.has(runId)) this.forget(runId)
    this.#looked.add(ALL)
  }

  /** One run that cannot be read is no reason not to see the others. */
  #look(runId: string): void {
    this.#looked.add(runId)
    this.#damaged.delete(runId)
    try {
      this.#lookAt(runId)
    } catch (error) {
      this.#inTrouble(runId, error)
    }
  }

  #lookAt(runId: string): void {
    const before = this.#entries.get(runId)
    const stamp = this.#stampOf(runId)
    if (stamp === null) {
      // Its journal may be there all the same: `run.json` is written after it.
      if (statIfThere(this.#layout.journal(runId)) === null) this.forget(runId)
      else this.#readEntry(runId)
      return
    }
    const entry = before?.stamp === stamp ? before : this.#entryOfFile(runId, stamp)
    if (entry === null) {
      this.#readEntry(runId)
      return
    }
    if (!isTerminal(entry.run.status)) {
      const size = statIfThere(this.#layout.journal(runId))?.size ?? 0
      if (size !== entry.size) {
        this.#readEntry(runId)
        return
      }
    }
    this.#setEntry(runId, entry)
  }

  #entryOfFile(runId: string, stamp: string): RunEntry | null {
    const file = readRunFile(this.#layout, runId)
    if (file === null || file.run.id !== runId) return null
    const { run, digest, revision, appliedBytes: bytes } = file
    return { run, digest, revision, bytes, size: bytes, stamp, trouble: null }
  }

  #readEntry(runId: string): void {
    try {
      this.#read(runId)
    } catch (error) {
      this.#inTrouble(runId, error)
    }
  }

  /** Keeps of a damaged run what `run.json` says. @throws what is no damage of one run. */
  #inTrouble(runId: string, error: unknown): void {
    const trouble = damageOf(error, this.#layout.journal(runId))
    if (trouble === null) throw error
    this.#drop(runId)
    const entry = this.#entryBesideJournal(runId)
    if (entry !== null) {
      this.#setEntry(runId, { ...entry, trouble })
      return
    }
    this.forget(runId)
    this.#damaged.set(runId, trouble)
  }

  #entryBesideJournal(runId: string): RunEntry | null {
    try {
      const entry = this.#entryOfFile(runId, this.#stampOf(runId) ?? '')
      const size = statIfThere(this.#layout.journal(runId))?.size ?? 0
      return entry === null ? null : { ...entry, size }
    } catch {
      // Where this file cannot be read either, nothing is known of the run but that it is there.
      return null
    }
  }

  #read(runId: string): RunState | null {
    this.journalsRead++
    const stamp = this.#stampOf(runId) ?? ''
    const read = readRun(this.#layout, runId)
    if (read === null) {
      this.forget(runId)
      return null
    }
    const { state, size, file } = read
    const { run, revision, bytes } = state
    if (file === null || file.revision < revision) this.#behind.add(runId)
    this.#setEntry(runId, { run, revision, bytes, size, digest: digestOf(state), stamp, trouble: null })
    this.#keep(runId, { state, size, stamp })
    return state
  }

  #isCurrent(runId: string, kept: KeptState): boolean {
    if (this.#isHeld) return true
    const entry = this.#entries.get(runId)
    return entry !== undefined && entry.size === kept.size && entry.revision === kept.state.revision
  }

  #stampOf(runId: string): string | null {
    const stat = statIfThere(this.#layout.runFile(runId))
    return stat === null ? null : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
  }

  #setEntry(runId: string, entry: RunEntry): void {
    this.#entries.set(runId, entry)
    if (isTerminal(entry.run.status)) this.#unfinished.delete(runId)
    else this.#unfinished.add(runId)
  }

  #keep(runId: string, kept: KeptState): void {
    this.#drop(runId)
    this.#states.set(runId, kept)
    this.#keptBytes += kept.size
    for (const [oldest, { state, size }] of this.#states) {
      if (this.#keptBytes <= KEPT_BYTES || oldest === runId) break
      if (state.run.owner_token !== null) continue
      this.#states.delete(oldest)
      this.#keptBytes -= size
    }
  }

  #drop(runId: string): void {
    const kept = this.#states.get(runId)
    if (kept === undefined) return
    this.#states.delete(runId)
    this.#keptBytes -= kept.size
  }
}

/** Stands among the runs that were looked at when all were. */
const ALL = ''
