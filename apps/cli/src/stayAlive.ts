/** Longest delay of a timer of Node.js, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1

/** Keeps the process there while `work` waits for what other processes do: looking at a store alone does not. */
export async function stayAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONGEST_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
