import { DatabaseSync } from 'node:sqlite'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { isDamage, translate } from './errors.ts'
import { isSame, markOf, type FileMark } from './fileMark.ts'

/** The files of a database: itself, the log of what is not in it yet, and the index of that log, which is mapped into memory. */
const FILES = ['', '-wal', '-shm'] as const
type Suffix = (typeof FILES)[number]

/** What became of a file. */
interface Loss {
  readonly suffix: Suffix
  readonly how: 'removed' | 'replaced' | 'cut off'
}

/** All files are looked at again only after so many milliseconds: each takes a few microseconds. */
const LOOK_EVERY_MS = 5

/** What {@link StoreFiles} takes. */
export interface StoreFilesOptions {
  /** Absolute path of the database; null for one in memory, which nobody can take away. */
  readonly path: string | null
  /** Text for messages. */
  readonly what: string
  /** Brings what is committed from the log into the database, as far as that goes without waiting; whether all of it is there. */
  readonly saveLog: () => boolean
  /** Called once, when the database cannot be used any more. */
  readonly onLost: (reason: WorkflowError) => void
}

/**
 * Notices when the files at the path are no longer those that were opened. SQLite goes on in a file that was
 * removed or renamed, and nobody would ever see what it writes there; in one that was cut off it reads nonsense,
 * and touching a part of the index that is gone ends the process (SIGBUS).
 *
 * - F1 Nothing is answered as committed unless the files were whole before the commit and the same after it:
 *   afterwards a file that was cut off has grown again, with a hole.
 * - F2 Once lost, nothing touches the database again.
 * - F3 No file is opened here: closing one would give up the locks that SQLite holds on it in this process.
 */
export class StoreFiles {
  readonly #options: StoreFilesOptions
  readonly #marks = new Map<Suffix, FileMark>()
  #lookedAt = -Infinity
  #lost: WorkflowError | null = null
  #mayClose = true

  constructor(options: StoreFilesOptions) {
    this.#options = options
    this.look()
  }

  /** Why the database cannot be used any more, or null. */
  get lost(): WorkflowError | null {
    return this.#lost
  }

  /** Which file the database is; null in memory. */
  get file(): FileMark | null {
    return this.#marks.get('') ?? null
  }

  /** Whether closing harms nothing: SQLite moves the log into the database then, and removes the log at the path. */
  get mayClose(): boolean {
    return this.#mayClose
  }

  /** @throws WorkflowError `STORE_REPLACED`, or what made the database unusable before. */
  beforeRead(): void {
    if (this.#isFresh) this.#refuseLost()
    else this.look()
  }

  /** As {@link beforeRead}; the log is looked at each time, because it is what is written to. */
  beforeWrite(): void {
    if (this.#isFresh) this.#glance('-wal')
    else this.look()
  }

  /** As {@link beforeRead}: whether what was committed lies where it belongs. */
  afterCommit(): void {
    this.#glance('')
    this.#glance('-wal')
  }

  /** Looks at all files. @throws WorkflowError `STORE_REPLACED`, or what made the database unusable before. */
  look(): void {
    this.#refuseLost()
    const { path } = this.#options
    if (path === null) return
    this.#lookedAt = performance.now()
    const found = new Map(FILES.map((suffix) => [suffix, markOf(path + suffix)]))
    const loss = this.#missing(found) ?? this.#shorter(found, path)
    if (loss !== null) throw this.#lose(path, loss, found)
    for (const [suffix, mark] of found) if (mark != null) this.#marks.set(suffix, mark)
  }

  get #isFresh(): boolean {
    return performance.now() - this.#lookedAt < LOOK_EVERY_MS
  }

  #refuseLost(): void {
    if (this.#lost !== null) throw this.#lost
  }

  /** Looks at one file; what is odd about it is for {@link look} to judge. */
  #glance(suffix: Suffix): void {
    this.#refuseLost()
    const { path } = this.#options
    if (path === null) return
    const mark = markOf(path + suffix)
    if (mark === undefined) return
    const known = this.#marks.get(suffix)
    if (mark === null || (known !== undefined && (!isSame(mark, known) || mark.size < known.size)))
      this.look()
    else this.#marks.set(suffix, mark)
  }

  /** The error of the catalogue for an error of SQLite. One that says that the database is damaged makes it unusable. */
  explain(error: unknown): unknown {
    if (this.#lost !== null) return this.#lost
    const translated = translate(error, this.#options.what)
    if (isDamage(error)) this.#end(translated as WorkflowError, false)
    return translated
  }

  #end(reason: WorkflowError, mayClose: boolean): void {
    this.#lost = reason
    this.#mayClose = mayClose
    this.#options.onLost(reason)
  }

  #missing(found: Found): Loss | null {
    for (const [suffix, known] of this.#marks) {
      const mark = found.get(suffix)
      if (mark === null) return { suffix, how: 'removed' }
      if (mark !== undefined && !isSame(mark, known)) return { suffix, how: 'replaced' }
    }
    return null
  }

  #shorter(found: Found, path: string): Loss | null {
    const shorter = FILES.filter((suffix) => this.#isShorter(suffix, found))
    if (shorter.length === 0) return null
    // The index never becomes shorter, and while it is, nothing may be touched.
    if (shorter.includes('-shm')) return { suffix: '-shm', how: 'cut off' }
    // Next to an empty database SQLite removes the log: nobody may open it then.
    return found.get('')?.size !== 0 && isWhole(path) ? null : { suffix: shorter[0]!, how: 'cut off' }
  }

  #isShorter(suffix: Suffix, found: Found): boolean {
    return (found.get(suffix)?.size ?? Infinity) < (this.#marks.get(suffix)?.size ?? 0)
  }

  #lose(path: string, loss: Loss, found: Found): WorkflowError {
    const { suffix, how } = loss
    // The index goes with the log: where it is not the one of this connection, the log may be somebody else's.
    const mayTouch = suffix !== '-shm' && how !== 'cut off' && !this.#isShorter('-shm', found)
    const saved = mayTouch && quietly(this.#options.saveLog)
    const reason = replaced(this.#options.what, path, loss, saved)
    this.#end(reason, suffix === '' && how !== 'cut off')
    return reason
  }
}

type Found = ReadonlyMap<Suffix, FileMark | null | undefined>

/** Files also become shorter when somebody moves the log into the database or compacts it; then everything is in order. */
function isWhole(path: string): boolean {
  try {
    const other = new DatabaseSync(path, { readOnly: true })
    try {
      return other.prepare('pragma quick_check(1)').get()?.quick_check === 'ok'
    } finally {
      other.close()
    }
  } catch {
    return false
  }
}

function quietly(save: () => boolean): boolean {
  try {
    return save()
  } catch {
    return false
  }
}

function replaced(what: string, path: string, { suffix, how }: Loss, saved: boolean): WorkflowError {
  const file = path + suffix
  const happened =
    how === 'removed'
      ? `${file} was removed or renamed`
      : how === 'replaced'
        ? `another file was put in the place of ${file}`
        : `${file} was cut off`
  const left =
    suffix === '' && how !== 'cut off'
      ? 'Nothing that is written now could be found there again'
      : saved
        ? 'What was committed before is in the database'
        : suffix === '-shm'
          ? 'What was committed before is in its -wal file'
          : 'What was committed last may be lost'
  return new WorkflowError(
    'STORE_REPLACED',
    `${what} changed under this process: ${happened}. ${left}, so everything here was stopped. ` +
      'Stop what else uses the store, put the files back together as they were or begin with a new store, and start again.',
    { details: { path, file, how } },
  )
}
