const last = new Map<string, Promise<unknown>>()

/** Runs tasks with the same key one after the other, within this process. Other processes meet git's own locks. */
export async function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
  const before = last.get(key) ?? Promise.resolve()
  const now = before.then(task, task)
  last.set(key, now)
  try {
    return await now
  } finally {
    if (last.get(key) === now) last.delete(key)
  }
}
