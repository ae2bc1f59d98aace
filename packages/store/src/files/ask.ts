import { randomUUID } from 'node:crypto'
import { rmSync, type FSWatcher } from 'node:fs'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { openAnswer, type Answer } from './answers.ts'
import { readJson } from './io.ts'
import type { Layout } from './layout.ts'
import { watchIfPossible } from './watchIfPossible.ts'
import type { Holder } from './Lock.ts'
import { putRequest, requestFiles, withdraw, type Request } from './requests.ts'

/** How one process asks another. */
export interface AskOptions {
  readonly layout: Layout
  readonly what: string
  readonly request: Request
  /** The run that is spoken to; null for the store itself. */
  readonly runId: string | null
  /** Longest wait for a holder that lives but does not take the request, in milliseconds. */
  readonly timeoutMs: number
  readonly pollMs: number
  /** Called at each look: takes the store where its holder is gone. Answers who holds it, null when we do. */
  readonly tryToHold: () => Promise<Holder | null>
}

/**
 * Asks the process that holds the store for a write, and waits for its answer. When that process ends, whoever
 * takes the store next makes the write, this process perhaps.
 * @throws WorkflowError what the write throws, and `STORE_LOCKED` when the holder does not take it; nothing is written then.
 */
export async function ask(options: AskOptions): Promise<unknown> {
  const { layout, request, runId, timeoutMs, tryToHold } = options
  const id = `${Date.now().toString(36).padStart(9, '0')}-${randomUUID()}`
  const files = requestFiles(layout, id, runId)
  await putRequest(layout, files, request)
  const answers = new Answers(layout, options.pollMs)
  const giveUpAt = performance.now() + timeoutMs
  try {
    for (;;) {
      const answer = readJson<Answer>(files.answer)
      if (answer !== null) {
        rmSync(files.answer, { force: true })
        return openAnswer(answer)
      }
      const holder = await tryToHold()
      if (holder !== null && performance.now() > giveUpAt) {
        if (withdraw(files))
          throw locked(options.what, holder, `has not looked at what this one asks of it for ${timeoutMs} ms`)
        if (performance.now() > giveUpAt + timeoutMs) throw unanswered(options.what, holder)
      }
      await answers.next()
    }
  } finally {
    answers.close()
  }
}

/** Wakes whoever waits when an answer may have come, and from time to time. */
class Answers {
  readonly #pollMs: number
  readonly #watcher: FSWatcher | null
  #rang = false
  #wake: () => void = () => undefined

  constructor(layout: Layout, pollMs: number) {
    this.#pollMs = pollMs
    this.#watcher = watchIfPossible(layout.answers, () => {
      this.#rang = true
      this.#wake()
    })
  }

  async next(): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#pollMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#rang = false
  }

  close(): void {
    this.#watcher?.close()
  }
}

/** The error for a store that another process holds. */
export function locked(what: string, holder: Holder | null, why: string): WorkflowError {
  const who = holder === null ? 'another process' : `process ${holder.pid}`
  return new WorkflowError(
    'STORE_LOCKED',
    `${what} is held by ${who}, which ${why}. Let that process go on or end it, and try again.`,
    { details: { pid: holder?.pid ?? null, since: holder?.since ?? null } },
  )
}

function unanswered(what: string, holder: Holder): WorkflowError {
  return new WorkflowError(
    'STORE_UNAVAILABLE',
    `${what} is held by process ${holder.pid}, which took what this one asks of it but does not answer. It may still do it: look at the run before trying again.`,
    { details: { pid: holder.pid } },
  )
}
