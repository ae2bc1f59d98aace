import {
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { isCode } from './errors.ts'
import { readJson, temporaryName } from './io.ts'
import { lookAt, thisProcess, type ProcessMark } from './processes.ts'

/** Who holds the store, or held it last. */
export interface Holder extends ProcessMark {
  /** Another one each time the lock is taken. */
  readonly token: string
  readonly since: string
  /** Whether it let go. */
  readonly released: boolean
}

/** What a lock takes. */
export interface LockOptions {
  readonly folder: string
  /** How long a holder that cannot be seen from here may be silent, in milliseconds. */
  readonly leaseMs: number
  /** Whether a process lives; default asks the system. */
  readonly lookAt?: (mark: ProcessMark) => 'alive' | 'dead' | 'unknown'
}

/**
 * The right to write, held by one process. A lock is a file whose name is a number; the highest one counts.
 *
 * - L1 Whoever takes the lock makes the file with the next number, which only one can. Before it takes it, the
 *   highest must be released or its holder be dead.
 * - L2 A file is removed only by a holder, and only below its own: the highest number never goes down. So one
 *   that made a number which others had passed already finds a higher one, and knows that it has nothing.
 * - L3 A holder that finds a higher number has lost the lock.
 */
export class Lock {
  readonly #options: LockOptions
  #number: number | null = null

  constructor(options: LockOptions) {
    this.#options = options
  }

  /** Whether this process holds the lock now (L3). */
  isHeld(): boolean {
    return this.#number !== null && this.#highest() === this.#number
  }

  /** The file that shows that the holder lives, or null; its time is renewed. */
  get path(): string | null {
    return this.#number === null ? null : this.#file(this.#number)
  }

  /** Takes the lock if nobody has it. Answers null then, otherwise who has it. */
  take(): Holder | null {
    mkdirSync(this.#options.folder, { recursive: true })
    for (;;) {
      const highest = this.#highest()
      const holder = highest === 0 ? null : this.#read(highest)
      if (holder !== null && !holder.released && this.#lives(holder, highest)) return holder
      if (!this.#make(highest + 1)) continue
      if (this.#highest() !== highest + 1) {
        rmSync(this.#file(highest + 1), { force: true })
        continue
      }
      this.#number = highest + 1
      this.#removeBelow(highest + 1)
      return null
    }
  }

  /** Who holds the lock; null when nobody does. */
  holder(): Holder | null {
    const highest = this.#highest()
    const holder = highest === 0 ? null : this.#read(highest)
    return holder === null || holder.released || !this.#lives(holder, highest) ? null : holder
  }

  /** Lets others take it. */
  release(): void {
    const number = this.#number
    this.#number = null
    if (number === null || this.#highest() !== number) return
    this.#write(this.#file(number), { ...this.#mark(), released: true })
  }

  /** Shows those who cannot see this process that it lives. */
  renew(): void {
    const { path } = this
    if (path !== null) touch(path)
  }

  #lives(holder: Holder, number: number): boolean {
    const seen = (this.#options.lookAt ?? lookAt)(holder)
    if (seen !== 'unknown') return seen === 'alive'
    try {
      return Date.now() - statSync(this.#file(number)).mtimeMs <= this.#options.leaseMs
    } catch (error) {
      // Passed already: the next look finds a higher one.
      if (isCode(error, 'ENOENT')) return true
      throw error
    }
  }

  #highest(): number {
    try {
      const numbers = readdirSync(this.#options.folder).flatMap((name) =>
        /^\d+$/.test(name) ? [Number(name)] : [],
      )
      return Math.max(0, ...numbers)
    } catch (error) {
      if (isCode(error, 'ENOENT')) return 0
      throw error
    }
  }

  #make(number: number): boolean {
    const temporary = temporaryName(join(this.#options.folder, 'new'))
    writeFileSync(temporary, `${JSON.stringify({ ...this.#mark(), released: false })}\n`, { flag: 'wx' })
    try {
      linkSync(temporary, this.#file(number))
      return true
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false
      throw error
    } finally {
      rmSync(temporary, { force: true })
    }
  }

  #write(path: string, holder: Holder): void {
    const temporary = temporaryName(path)
    writeFileSync(temporary, `${JSON.stringify(holder)}\n`, { flag: 'wx' })
    renameSync(temporary, path)
  }

  #removeBelow(number: number): void {
    for (const name of readdirSync(this.#options.folder))
      if (/^\d+$/.test(name) && Number(name) < number)
        rmSync(join(this.#options.folder, name), { force: true })
  }

  #mark(): Holder {
    return { ...thisProcess(), token: randomUUID(), since: new Date().toISOString(), released: false }
  }

  #read(number: number): Holder | null {
    return readJson<Holder>(this.#file(number))
  }

  #file(number: number): string {
    return join(this.#options.folder, String(number))
  }
}

/** Renews the time of a file. */
function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // Gone: the next write finds out. Not to be written: others go by what they see.
  }
}
