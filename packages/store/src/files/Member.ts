import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalLimits } from '../append/RunTransaction.ts'
import { ask, locked } from './ask.ts'
import { Effects, type BeforeWrite } from './effects.ts'
import { closed, translate } from './errors.ts'
import { FileCommit } from './FileCommit.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { Inbox } from './Inbox.ts'
import { namesByTime, readIfThere, statIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import { Lock, type Holder } from './Lock.ts'
import { LogLines } from './LogLines.ts'
import {
  operations,
  type OperationArguments,
  type OperationName,
  type OperationResult,
} from './operations.ts'
import type { ProcessMark } from './processes.ts'
import { Records } from './Records.ts'
import { Runs } from './Runs.ts'
import { Views } from './Views.ts'

/** What {@link Member} takes. */
export interface MemberOptions {
  readonly layout: Layout
  readonly what: string
  readonly limits: JournalLimits
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly maxBatch: number
  readonly maxWaiting: number
  readonly leaseMs: number
  readonly requestTimeoutMs: number
  readonly pollIntervalMs: number
  readonly lookAt?: (mark: ProcessMark) => 'alive' | 'dead' | 'unknown'
  readonly beforeWrite?: BeforeWrite
  readonly onCommit: (changed: ReadonlyMap<string, number>) => void
}

/**
 * This process among those that share a store. The first that writes takes the store and holds it until it
 * closes or ends; the others read the files and ask it to write.
 */
export class Member {
  readonly layout: Layout
  readonly what: string
  readonly runs: Runs
  readonly records: Records
  readonly logs: LogLines
  readonly lock: Lock
  readonly now: () => number
  readonly #options: MemberOptions
  readonly #effects: Effects
  readonly #views: Views
  readonly #commit: FileCommit
  readonly #accepted = new Set<Promise<unknown>>()
  #inbox: Inbox | null = null
  #holding: Promise<Holder | null> | null = null
  #isHeld = false
  #renewal: NodeJS.Timeout | null = null
  #commits: { readonly file: number; count: number } | null = null
  #isClosing = false
  #isClosed = false

  constructor(options: MemberOptions) {
    const { layout, what, now, limits, maxBatch, maxWaiting, leaseMs, lookAt, beforeWrite } = options
    this.#options = options
    this.layout = layout
    this.what = what
    this.now = now
    this.runs = new Runs(layout)
    this.records = new Records(layout)
    this.logs = new LogLines(layout)
    this.lock = new Lock({ folder: layout.locks, leaseMs, ...(lookAt === undefined ? {} : { lookAt }) })
    this.#effects = new Effects(layout, beforeWrite)
    this.#views = new Views(layout, beforeWrite)
    this.#commit = new FileCommit({
      layout,
      what,
      now,
      limits,
      maxBatch,
      maxWaiting,
      runs: this.runs,
      records: this.records,
      logs: this.logs,
      effects: this.#effects,
      views: this.#views,
      mayWrite: () => this.#mayWrite(),
      onCommit: (changed) => this.#committed(changed),
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether this process holds the store. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Runs a read. @throws WorkflowError `STORE_CLOSED`, `STORE_…`, `JOURNAL_CORRUPT`. */
  // oxlint-disable-next-line typescript/require-await -- what throws is to reject
  async read<T>(read: () => T): Promise<T> {
    if (this.#isClosed) throw closed(this.what)
    try {
      return read()
    } catch (error) {
      throw translate(error, this.what)
    }
  }

  /** Makes a write, or has it made by the process that holds the store. `runId`: the run that it speaks to. */
  write<N extends OperationName>(
    name: N,
    runId: string | null,
    ...args: OperationArguments<N>
  ): Promise<OperationResult<N>> {
    if (this.#isClosing) return Promise.reject(closed(this.what))
    const write = this.#isHeld ? this.#writeHere(name, args) : this.#writeSomewhere(name, runId, args)
    this.#accepted.add(write)
    void write.catch(() => undefined).finally(() => this.#accepted.delete(write))
    return write
  }

  /**
   * Does something while nobody else writes. `adopt` moves what lies in the folder for stores that are taken over
   * into this one, all of it or nothing.
   * @throws WorkflowError `STORE_LOCKED` while another process holds the store.
   */
  async alone<T>(work: (adopt: () => Promise<void>) => Promise<T>): Promise<T> {
    if (this.#isClosing) throw closed(this.what)
    const working = this.#workAlone(work)
    this.#accepted.add(working)
    try {
      return await working
    } finally {
      this.#accepted.delete(working)
    }
  }

  async #workAlone<T>(work: (adopt: () => Promise<void>) => Promise<T>): Promise<T> {
    try {
      const holder = await this.#hold()
      if (holder !== null) throw locked(this.what, holder, 'must not use it meanwhile')
      const resume = await this.#commit.hold()
      try {
        return await work(async () => await this.#adopt())
      } finally {
        resume()
      }
    } catch (error) {
      throw translate(error, this.what)
    }
  }

  async #adopt(): Promise<void> {
    this.#mayWrite()
    const path = this.layout.incoming.slice(this.layout.root.length + 1)
    await this.#effects.commit({ effects: [{ kind: 'adopt', path }], replies: [] }, () => {
      this.logs.forget()
      for (const state of this.runs.hold()) this.#views.showAll(state)
      this.#bump()
    })
  }

  /** Resolves when everything accepted is settled; lets the others have the store. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    await Promise.allSettled(this.#accepted)
    await this.#letGo()
    this.#isClosed = true
  }

  #writeHere<N extends OperationName>(name: N, args: OperationArguments<N>): Promise<OperationResult<N>> {
    const operation = operations[name] as unknown as (
      tx: FileTransaction,
      ...args: OperationArguments<N>
    ) => OperationResult<N>
    return this.#commit.write((tx) => operation(tx, ...args))
  }

  async #writeSomewhere<N extends OperationName>(
    name: N,
    runId: string | null,
    args: OperationArguments<N>,
  ): Promise<OperationResult<N>> {
    try {
      if ((await this.#hold()) === null) return await this.#writeHere(name, args)
      const { layout, what } = this
      const { requestTimeoutMs: timeoutMs, pollIntervalMs: pollMs } = this.#options
      const isKnown = runId !== null && this.runs.find(runId) !== null
      return (await ask({
        layout,
        what,
        timeoutMs,
        pollMs,
        request: { name, args },
        runId: isKnown ? runId : null,
        tryToHold: async () => await this.#hold(),
      })) as OperationResult<N>
    } catch (error) {
      throw translate(error, this.what)
    }
  }

  /** Takes the store where nobody has it. Answers who has it; null: this process. */
  async #hold(): Promise<Holder | null> {
    if (this.#isHeld) return null
    this.#holding ??= this.#takeStore().finally(() => {
      this.#holding = null
    })
    return await this.#holding
  }

  async #takeStore(): Promise<Holder | null> {
    const holder = this.lock.take()
    if (holder !== null) return holder
    try {
      await this.#effects.recover()
      await this.#removeLeftovers()
      this.logs.forget()
      for (const state of this.runs.hold()) this.#views.showAll(state)
      await mkdir(this.layout.own, { recursive: true })
      const count = Number(readIfThere(this.layout.commits)?.toString('latin1').split(' ')[0] ?? 0)
      this.#commits = { file: openSync(this.layout.commits, count === 0 ? 'w' : 'r+'), count: count || 0 }
      this.#bump()
    } catch (error) {
      await this.#effects.close()
      this.runs.letGo()
      this.lock.release()
      throw error
    }
    this.#isHeld = true
    this.#renewal = setInterval(() => this.lock.renew(), this.#options.leaseMs / 4).unref()
    this.#inbox = new Inbox(
      this.layout,
      this.#commit,
      this.#options.pollIntervalMs,
      this.#options.beforeWrite,
    )
    this.#inbox.open(this.runs.unfinished().map(({ run }) => run.id))
    return null
  }

  async #letGo(): Promise<void> {
    if (!this.#isHeld) return
    await this.#inbox?.close()
    await this.#commit.drained()
    if (this.lock.isHeld()) this.#views.showRest()
    this.#isHeld = false
    this.#inbox = null
    if (this.#renewal !== null) clearInterval(this.#renewal)
    await this.#effects.close()
    if (this.#commits !== null) closeSync(this.#commits.file)
    this.#commits = null
    this.runs.letGo()
    this.lock.release()
  }

  /** @throws WorkflowError `STORE_LOCKED` when another process took the store because this one seemed dead. */
  #mayWrite(): void {
    if (this.lock.isHeld()) return
    const error = locked(
      this.what,
      this.lock.holder(),
      'took it over because this one was silent for too long',
    )
    this.#isHeld = false
    this.#views.forget()
    this.runs.letGo()
    void this.#inbox?.close()
    this.#inbox = null
    void this.#effects.close().catch(() => undefined)
    throw error
  }

  #committed(changed: ReadonlyMap<string, number>): void {
    this.#bump()
    this.#options.onCommit(changed)
  }

  /** Shows other processes that something has changed. */
  #bump(): void {
    if (this.#commits === null) return
    this.#commits.count++
    try {
      writeSync(this.#commits.file, `${this.#commits.count} ${process.pid}`.padEnd(32), 0, 'latin1')
    } catch {
      // They look again when the number changes next.
    }
  }

  /** Files that a dead process had begun to write; those of the living are younger. */
  async #removeLeftovers(): Promise<void> {
    const { own, workers, locks, answers, incoming } = this.layout
    // What is recorded is moved in by now.
    await rm(incoming, { recursive: true, force: true })
    for (const folder of [own, workers, locks, answers]) {
      for (const name of namesByTime(folder)) {
        const path = join(folder, name)
        if (!name.endsWith('.tmp')) continue
        const stat = statIfThere(path)
        if (stat !== null && Date.now() - stat.mtimeMs > OLD_MS) await rm(path, { force: true })
      }
    }
  }
}

const OLD_MS = 3_600_000
