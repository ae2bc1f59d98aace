import { mkdir, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { Appender } from './Appender.ts'
import { isCode } from './errors.ts'
import { namesByTime, readIfThere, replaceDurably, statIfThere, syncFolder } from './io.ts'
import type { Layout } from './layout.ts'

/** One durable change of a file; paths are relative to the directory of the store. */
export type Effect =
  | { readonly kind: 'append'; readonly path: string; readonly offset: number; readonly text: string }
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** Takes what the store keeps of a run out of its folder; logs and artifacts stay. */
  | { readonly kind: 'removeRun'; readonly path: string }
  /** Moves what lies in a folder to where it belongs in the store. */
  | { readonly kind: 'adopt'; readonly path: string }

/** Called right before each change of a file; tests let a process die in it. */
export type BeforeWrite = (what: string) => void

/** Changes that are made together, and the files by which others are told of them. */
export interface Changes {
  readonly effects: readonly Effect[]
  readonly replies: readonly Effect[]
}

interface Recorded extends Changes {
  readonly path: string
  readonly made: () => void
}

/**
 * Changes files durably. Invariants:
 *
 * - F1 One change is one file, and is on the disk when it resolves.
 * - F2 Several changes are one: they are written into a record first, and whoever finds the record after a
 *   crash does what it says. Doing it twice is as good as once.
 */
export class Effects {
  readonly #layout: Layout
  readonly #before: BeforeWrite
  readonly #appender: Appender
  /** Records that could not be carried out yet, for want of room. */
  readonly #left: Recorded[] = []
  #settling: Promise<void> = Promise.resolve()
  #count = 0

  constructor(layout: Layout, before: BeforeWrite = () => undefined) {
    this.#layout = layout
    this.#before = before
    this.#appender = new Appender(layout.root)
  }

  /**
   * Makes all changes or none (F1, F2), and answers those who asked for them when they are made.
   * @param made Called when they are, before anybody is answered.
   * @throws WorkflowError `JOURNAL_CORRUPT` when a file that is to be appended to lacks what it held; nothing is changed.
   */
  async commit(changes: Changes, made: () => void): Promise<void> {
    for (const effect of changes.effects)
      if (effect.kind === 'append')
        await this.#appender.check(join(this.#layout.root, effect.path), effect.offset)
    const [only] = changes.effects
    if (only !== undefined && isAlone(changes, only)) {
      await this.#perform(only)
      made()
      return
    }
    this.#count++
    const name = `${Date.now()}-${String(this.#count).padStart(8, '0')}.json`
    const path = join(this.#layout.redo, name)
    this.#before('record')
    await replaceDurably(path, JSON.stringify(changes))
    // From here on it has happened: what cannot be done now is done later, before anything else.
    const once = { isMade: false }
    const madeOnce = (): void => {
      if (!once.isMade) made()
      once.isMade = true
    }
    this.#left.push({ path, ...changes, made: madeOnce })
    // Memory follows at once; what is to be moved in is read when it is there.
    const isMovedIn = changes.effects.some(({ kind }) => kind === 'adopt')
    await this.settle().catch(isMovedIn ? () => undefined : madeOnce)
  }

  /** Carries out what is recorded and could not be done yet. */
  async settle(): Promise<void> {
    const settling = this.#settling.catch(() => undefined).then(async () => await this.#settleAll())
    this.#settling = settling
    await settling
  }

  async #settleAll(): Promise<void> {
    for (let record = this.#left[0]; record !== undefined; record = this.#left[0]) {
      await this.#performAll(record.effects, true)
      record.made()
      await this.#performAll(record.replies)
      this.#before('end of record')
      await rm(record.path, { force: true })
      await syncFolder(this.#layout.redo)
      this.#left.shift()
    }
  }

  /** Carries out the records that a process left behind when it died. */
  async recover(): Promise<void> {
    this.#left.length = 0
    for (const name of namesByTime(this.#layout.redo)) {
      const path = join(this.#layout.redo, name)
      if (name.endsWith('.json')) this.#left.push({ path, ...readRecord(path), made: () => undefined })
      else await rm(path, { force: true })
    }
    await this.settle()
  }

  /** Closes what is held open. */
  async close(): Promise<void> {
    await this.#appender.close()
  }

  /** Closes journals beyond a bound; nothing may be under way. */
  async rest(): Promise<void> {
    await this.#appender.rest()
  }

  /** One that fails does not leave others under way, which would meet those of the next attempt. */
  async #performAll(effects: readonly Effect[], isRecorded = false): Promise<void> {
    const settled = await Promise.allSettled(effects.map(async (effect) => await this.#perform(effect)))
    for (const one of settled) {
      if (one.status === 'fulfilled') continue
      // A file that lost what it held since the record was made cannot take its part any more, now or later.
      if (!isRecorded || !WorkflowError.has(one.reason, 'JOURNAL_CORRUPT')) throw one.reason
    }
  }

  async #perform(effect: Effect): Promise<void> {
    const path = join(this.#layout.root, effect.path)
    this.#before(`${effect.kind} ${effect.path}`)
    switch (effect.kind) {
      case 'append':
        await this.#appender.append(path, effect.offset, Buffer.from(effect.text, 'utf8'))
        break
      case 'write':
        await replaceDurably(path, effect.text)
        break
      case 'remove':
        await rm(path, { force: true })
        break
      case 'removeRun':
        await this.#removeRun(effect.path)
        break
      case 'adopt':
        await moveInto(path, this.#layout.root)
        await rm(path, { recursive: true, force: true })
    }
  }

  async #removeRun(runId: string): Promise<void> {
    const { root } = this.#layout
    await this.#appender.closeFile(this.#layout.journal(runId))
    await this.#appender.closeFile(this.#layout.logLines(runId))
    // The journal goes first: without it there is no run.
    for (const part of ['events.jsonl', 'run.json', 'log.jsonl', 'nodes', 'inbox'])
      await rm(join(root, runId, part), { recursive: true, force: true })
    await rmdir(join(root, runId)).catch((error: unknown) => {
      if (!isCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error
    })
    await syncFolder(root)
  }
}

function isAlone({ effects, replies }: Changes, only: Effect): boolean {
  return effects.length === 1 && replies.length === 0 && only.kind !== 'removeRun' && only.kind !== 'adopt'
}

/** Moves everything in a folder into another one, durably. What was moved already is not there any more. */
async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of namesByTime(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const isFolder = statIfThere(source)?.isDirectory() === true
    if (isFolder && statIfThere(target) !== null) await moveInto(source, target)
    else await rename(source, target)
  }
  await syncFolder(to)
}

function readRecord(path: string): Changes {
  const text = readIfThere(path)?.toString('utf8') ?? ''
  try {
    return JSON.parse(text) as Changes
  } catch (cause) {
    throw new WorkflowError(
      'JOURNAL_CORRUPT',
      `The record ${path} of a change that is not complete cannot be read. Restore it from a backup, or remove it to give that change up.`,
      { details: { file: path, bytes: statIfThere(path)?.size ?? 0 }, cause },
    )
  }
}
