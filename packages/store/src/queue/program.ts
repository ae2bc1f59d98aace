/** An answer that a backend gives at once (SQLite) or later (PostgreSQL). */
export type MaybePromise<T> = T | Promise<T>

/**
 * Rules of the queue that have to look at other rows while they work: written once as generators, run by
 * {@link runNow} where reads answer at once and by {@link runLater} where they do not.
 */
export type Program<T> = Generator<unknown, T, unknown>

/** What a read answers. */
export function* wait<T>(read: MaybePromise<T>): Program<T> {
  return (yield read) as T
}

/** Runs a program whose reads all answer at once. */
export function runNow<T>(program: Program<T>): T {
  let step = program.next()
  while (!step.done) step = program.next(step.value)
  return step.value
}

/** Runs a program whose reads may answer later; they are made one after the other. */
export async function runLater<T>(program: Program<T>): Promise<T> {
  let step = program.next()
  while (!step.done) step = program.next(await step.value)
  return step.value
}
