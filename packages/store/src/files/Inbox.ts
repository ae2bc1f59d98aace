import { mkdirSync, readdirSync, rmSync, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { refused, type Answer } from './answers.ts'
import type { BeforeWrite } from './effects.ts'
import type { FileCommit, Reply } from './FileCommit.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { replaceQuickly, statIfThere } from './io.ts'
import type { Layout } from './layout.ts'
import { operations, type OperationName } from './operations.ts'
import { watchIfPossible } from './watchIfPossible.ts'
import { requestsOfRun, takeRequest, waitingRequests, type Request, type RequestFiles } from './requests.ts'

/** Answers that nobody fetched are removed after this time. */
const KEEP_ANSWERS_MS = 3_600_000

/**
 * Makes the writes that other processes ask for, while this one holds the store (J2). Each is made once: the
 * answer is kept together with the write, and a request that was taken but not answered is made by the next holder.
 */
export class Inbox {
  readonly #layout: Layout
  readonly #commit: FileCommit
  readonly #pollMs: number
  readonly #before: BeforeWrite
  readonly #atWork = new Map<string, Promise<void>>()
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(layout: Layout, commit: FileCommit, pollMs: number, before: BeforeWrite = () => undefined) {
    this.#before = before
    this.#layout = layout
    this.#commit = commit
    this.#pollMs = pollMs
  }

  /** Begins to serve, first what was asked for before; `runIds` may have requests without a bell. */
  open(runIds: readonly string[]): void {
    mkdirSync(this.#layout.requests, { recursive: true })
    mkdirSync(this.#layout.answers, { recursive: true })
    this.#removeOldAnswers()
    for (const runId of runIds) for (const files of requestsOfRun(this.#layout, runId)) this.#serve(files)
    this.#watcher = watchIfPossible(this.#layout.requests, () => this.#look())?.unref() ?? null
    this.#timer = setInterval(() => this.#look(), this.#pollMs).unref()
    this.#look()
  }

  /** Takes no more requests; resolves when those that were taken are answered. */
  async close(): Promise<void> {
    this.#watcher?.close()
    this.#watcher = null
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    await Promise.all(this.#atWork.values())
  }

  #look(): void {
    if (this.#timer === null) return
    try {
      for (const files of waitingRequests(this.#layout)) this.#serve(files)
    } catch {
      // The next look tries again.
    }
  }

  #serve(files: RequestFiles): void {
    if (this.#atWork.has(files.id)) return
    const serving = this.#make(files)
      .catch(() => undefined)
      .finally(() => this.#atWork.delete(files.id))
    this.#atWork.set(files.id, serving)
  }

  async #make(files: RequestFiles): Promise<void> {
    const text = takeRequest(files)
    if (text === null) {
      if (files.bell !== null) rmSync(files.bell, { force: true })
      return
    }
    const remove = [files.taken, ...(files.bell === null ? [] : [files.bell])]
    const reply = (answer: Answer): Reply => ({
      write: { path: files.answer, text: JSON.stringify(answer) },
      remove,
    })
    try {
      const write = writeOf(text)
      await this.#commit.write(write, (value) => reply({ value: value ?? null }))
    } catch (error) {
      if (isOurTrouble(error)) return
      this.#before('answer')
      replaceQuickly(files.answer, JSON.stringify(refused(error)))
      for (const path of remove) rmSync(path, { force: true })
    }
  }

  #removeOldAnswers(): void {
    for (const name of readdirSync(this.#layout.answers)) {
      const path = join(this.#layout.answers, name)
      const stat = statIfThere(path)
      if (stat !== null && Date.now() - stat.mtimeMs > KEEP_ANSWERS_MS) rmSync(path, { force: true })
    }
  }
}

/** The write that a request asks for. @throws WorkflowError `OPTION_UNKNOWN` for one that this version does not know. */
function writeOf(text: string): (tx: FileTransaction) => unknown {
  let request: Partial<Request> | null = null
  try {
    request = JSON.parse(text) as Partial<Request> | null
  } catch {
    // Said below.
  }
  const { name, args } = request ?? {}
  if (typeof name !== 'string' || !Object.hasOwn(operations, name) || !Array.isArray(args)) {
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `The process that holds the store does not know the write ${JSON.stringify(name)}. Use one version of Holdfast for all processes of a store.`,
      { details: { name: name ?? null } },
    )
  }
  const operation = operations[name as OperationName] as (tx: FileTransaction, ...args: unknown[]) => unknown
  return (tx) => operation(tx, ...(args as unknown[]))
}

/** Whether the holder itself cannot write: the request stays for the next one. */
function isOurTrouble(error: unknown): boolean {
  return WorkflowError.has(error, 'STORE_LOCKED', 'STORE_CLOSED')
}
