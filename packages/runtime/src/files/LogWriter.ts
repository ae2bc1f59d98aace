import type { IWorkflowStore } from '@holdfast/store/contract'
import type { LogLine, ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { executionsOf, runLogFile, stepLogFile } from './layout.ts'
import { openOwn } from './ownFolder.ts'

/** What a writer works with. */
export interface LogWriterOptions {
  readonly store: IWorkflowStore
  readonly projectOf: (runId: string) => Promise<ProjectInfo>
  /** Told when lines could not be written; the run does not notice. */
  readonly onTrouble: (message: string) => void
  /** Lines of so many milliseconds are written together; default 25. */
  readonly delayMs?: number
  /** Lines that may wait at once; what comes above is dropped and counted. Default 20,000. */
  readonly maxPending?: number
}

interface Pending {
  readonly line: LogLine
  readonly time: string
}

/** Longest message that is kept, in characters. */
const MAX_MESSAGE = 64 * 1024

/**
 * Writes log lines in batches, to the files of the run as JSON lines and to the store. It never throws into
 * a run and never makes it wait: a slow or full disk costs lines, which are counted, not the run.
 */
export class LogWriter {
  readonly #options: LogWriterOptions
  readonly #maxPending: number
  #pending: Pending[] = []
  #dropped = 0
  #draining: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null

  constructor(options: LogWriterOptions) {
    this.#options = options
    this.#maxPending = options.maxPending ?? 20_000
  }

  write(line: LogLine): void {
    if (this.#pending.length >= this.#maxPending) {
      this.#dropped += 1
      return
    }
    this.#pending.push({ line: clipped(line), time: new Date().toISOString() })
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.delayMs ?? 25)
  }

  /** Resolves when every line so far is written, or given up. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#draining = this.#draining.then(() => this.#drain())
    return this.#draining
  }

  async #drain(): Promise<void> {
    const batch = this.#pending
    const dropped = this.#dropped
    this.#pending = []
    this.#dropped = 0
    if (dropped > 0)
      this.#options.onTrouble(`${dropped} log lines were dropped: the disk is slower than the runs.`)
    const byRun = Map.groupBy(batch, ({ line }) => line.runId)
    for (const [runId, lines] of byRun) {
      await this.#attempt(runId, 'files', () => this.#writeFiles(runId, lines))
      await this.#attempt(runId, 'store', () => this.#writeRows(lines))
    }
  }

  async #attempt(runId: string, where: string, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#options.onTrouble(
        `Log lines of run ${runId} could not be written to the ${where}: ${String(error)}`,
      )
    }
  }

  async #writeFiles(runId: string, lines: readonly Pending[]): Promise<void> {
    const executions = executionsOf(this.#options.store, await this.#options.projectOf(runId))
    const texts = new Map<string, string>()
    for (const { line, time } of lines) {
      const text = `${JSON.stringify(asJson(line, time))}\n`
      const files = [runLogFile(executions, runId)]
      if (line.stepNumber !== null)
        files.push(stepLogFile(executions, runId, line.stepNumber, line.stepName ?? ''))
      for (const file of files) texts.set(file, (texts.get(file) ?? '') + text)
    }
    for (const [file, text] of texts) {
      await using own = await openOwn(executions, file)
      await own.appendFile(text)
    }
  }

  async #writeRows(lines: readonly Pending[]): Promise<void> {
    await this.#options.store.appendWorkflowLog(
      lines.map(({ line }) => ({
        run_id: line.runId,
        step_id: line.stepId,
        level: line.level,
        message: line.message,
        data: asPlain(line.data),
      })),
    )
  }
}

function asJson(line: LogLine, time: string): Readonly<Record<string, unknown>> {
  const { level, message, stepNumber, stepName } = line
  const data = asPlain(line.data)
  return {
    time,
    level,
    message,
    ...(data === null ? {} : { data }),
    ...(stepNumber === null ? {} : { stepNumber, step: stepName }),
  }
}

/** What JSON can say of the data; what it cannot say (cycles, bigints) is named instead. */
function asPlain(data: LogLine['data']): { [key: string]: never } | null {
  if (data === null) return null
  try {
    return JSON.parse(JSON.stringify(data)) as { [key: string]: never }
  } catch (error) {
    return { unserializable: String(error) } as unknown as { [key: string]: never }
  }
}

function clipped(line: LogLine): LogLine {
  const message = line.message.replaceAll('\0', '\u2400').toWellFormed()
  if (message.length <= MAX_MESSAGE) return { ...line, message }
  return {
    ...line,
    message: `${message.slice(0, MAX_MESSAGE)}… (${message.length - MAX_MESSAGE} more characters)`,
  }
}
