import type { Writable } from 'node:stream'
import type { ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import type { ProcessMarker } from '@holdfast/workflow-sdk/ports'
import { startProcess } from '@holdfast/workspace'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { readLines } from './lines.ts'
import type { Transcript } from './Transcript.ts'

/** An agent's program and how it is watched. */
export interface ProgramRun {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The whole environment, but for the marker. */
  readonly env: Readonly<Record<string, string>>
  readonly marker: ProcessMarker
  /** Written to standard input, which is then closed; or who writes to it, and closes it. */
  readonly input: string | ((stdin: Writable) => void)
  readonly transcript: Transcript
  /** The program is ended when it prints nothing for so long, in milliseconds. */
  readonly idleTimeoutMs: number
  /** Ends the program and everything it started. */
  readonly signal: AbortSignal
  readonly onProcess: (process: ProcessIdentity) => void
  /** Each line of standard output, after it stands in the transcript. */
  readonly onLine: (line: string) => void
}

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The last 16 KiB of standard error. */
  readonly stderr: string
  /** Why it was ended by us; null when it left by itself or was ended by somebody else. */
  readonly endedBy: 'abort' | 'idle' | null
}

/**
 * Runs a program until it has ended and both its streams are read. Unless it left with exit code 0,
 * what it started is ended too before this resolves.
 * @throws WorkflowError `COMMAND_NOT_FOUND`, `AGENT_PROTOCOL` (a line beyond all bounds).
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  if (run.signal.aborted) return { exitCode: null, signal: null, stderr: '', endedBy: 'abort' }
  const child = await startProcess({
    file: run.file,
    args: run.args,
    cwd: run.cwd,
    env: run.env,
    marker: run.marker,
    stdin: typeof run.input === 'string' ? { text: run.input } : 'pipe',
  })
  let endedBy: ProgramEnd['endedBy'] = null
  const end = (why: 'abort' | 'idle'): void => {
    endedBy ??= why
    void child.terminate()
  }
  const idle = watchIdle(run.idleTimeoutMs, () => end('idle'))
  const onAbort = (): void => end('abort')
  run.signal.addEventListener('abort', onAbort, { once: true })
  if (run.signal.aborted) onAbort()
  try {
    run.onProcess(child.identity)
    if (typeof run.input === 'function' && child.stdin !== null) run.input(child.stdin)
    const [stderr] = await Promise.all([tailOf(child.stderr), readEvents(child.stdout, run, idle)])
    const { code, signal } = await child.closed
    if (stderr !== '') await run.transcript.note('stderr', { text: stderr })
    // Tools run in sessions of their own and outlive a program that was killed.
    if (code !== 0 || endedBy !== null) await child.terminate()
    return { exitCode: code, signal, stderr, endedBy }
  } catch (error) {
    await child.terminate()
    throw error
  } finally {
    idle.stop()
    run.signal.removeEventListener('abort', onAbort)
  }
}

/** The error of a program that {@link runProgram} ended itself. */
export function endedByUs(run: Pick<ProgramRun, 'idleTimeoutMs' | 'signal'>, why: 'abort' | 'idle'): Error {
  if (why === 'abort') {
    const reason: unknown = run.signal.reason
    return reason instanceof Error
      ? reason
      : new WorkflowError('RUN_CANCELLED', `The agent was ended: ${String(reason)}`)
  }
  return new WorkflowError(
    'STEP_TIMED_OUT',
    `The agent said nothing for ${run.idleTimeoutMs} ms and was ended; its session can be resumed. Raise idleTimeoutMs if it needs longer.`,
    { details: { idleTimeoutMs: run.idleTimeoutMs } },
  )
}

async function readEvents(
  stdout: AsyncIterable<Uint8Array>,
  run: ProgramRun,
  idle: { heard(): void },
): Promise<void> {
  for await (const line of readLines(stdout)) {
    idle.heard()
    await run.transcript.append(line)
    run.onLine(line)
  }
}

const TAIL_CHARACTERS = 16 * 1024

async function tailOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let tail = ''
  for await (const chunk of stream) {
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-TAIL_CHARACTERS)
  }
  return tail
}

/** Longer delays make Node's timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** One timer that is moved on, not replaced, at each line. */
function watchIdle(timeoutMs: number, fn: () => void): { heard(): void; stop(): void } {
  const timer = setTimeout(fn, Math.min(timeoutMs, LONGEST_TIMER_MS))
  return {
    heard: () => {
      timer.refresh()
    },
    stop: () => {
      clearTimeout(timer)
    },
  }
}
