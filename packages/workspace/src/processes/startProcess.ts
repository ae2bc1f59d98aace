import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type { ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import type { ProcessMarker } from '@holdfast/workflow-sdk/ports'
import { endGroup } from './endGroup.ts'
import { descendantsOf, endProcesses, type Quarry } from './endProcesses.ts'
import { markerVariables, PROCESS_VARIABLE } from './marker.ts'
import { outputsClosed } from './outputsClosed.ts'
import { processIdentity } from './processIdentity.ts'
import { spawnError } from './spawnError.ts'

/** A program to start in a process group and session of its own. */
export interface StartProcess {
  readonly file: string
  readonly args: readonly string[]
  /** Absolute. */
  readonly cwd: string
  /** The whole environment; only the marker's variables are added. */
  readonly env: Readonly<Record<string, string>>
  /** Null for helpers that belong to no step. */
  readonly marker: ProcessMarker | null
  /** `ignore` (default): nothing to read. `pipe`: the caller writes to `stdin` and ends it. */
  readonly stdin?: 'ignore' | 'pipe' | { readonly text: string }
  /** Ends the process with all that it started. */
  readonly signal?: AbortSignal
  /** From SIGTERM to SIGKILL, in milliseconds; default 5,000. */
  readonly killAfterMs?: number
}

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that was started. The caller reads both outputs, else the program stops at a full pipe. */
export interface RunningProcess {
  readonly identity: ProcessIdentity
  /** Null unless asked for with `stdin: 'pipe'`. Errors of writing to a program that is gone are swallowed. */
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  /** When the program itself has ended; output may still be on its way. */
  readonly exited: Promise<ProcessExit>
  /**
   * When the program has ended, what it left behind in its process group is ended too, and both outputs are
   * read to their end. A process in a session of its own that holds neither output open lives on.
   */
  readonly closed: Promise<ProcessExit>
  /**
   * Ends everything: the group by SIGTERM and later SIGKILL, then whatever it started that left the group.
   * Resolves when all of it is gone. Calling it again, or after the end, is fine.
   */
  terminate(): Promise<void>
}

/**
 * Starts a program; resolves when it runs.
 * @throws WorkflowError `COMMAND_NOT_FOUND`, `FILE_NOT_FOUND` (the folder), `COMMAND_FAILED`; or what
 * `signal` was aborted with.
 */
export async function startProcess(request: StartProcess): Promise<RunningProcess> {
  request.signal?.throwIfAborted()
  const tag = randomUUID()
  const child = spawnChild(request, tag)
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  // Read before anything is awaited: the pid stays taken until Node has collected the child.
  const identity = child.pid === undefined ? null : processIdentity(child.pid)
  await spawned(child, request)
  if (identity === null || child.stdout === null || child.stderr === null) throw new Error('no process')
  const { stdout, stderr } = child
  feed(child, request.stdin)

  const grace = request.killAfterMs === undefined ? {} : { killAfterMs: request.killAfterMs }
  const sweep = (known: Quarry['known']): Promise<unknown> =>
    endProcesses({ variable: { name: PROCESS_VARIABLE, value: tag }, known, ...grace })
  let groupIsGone = false
  const end = async (): Promise<void> => {
    // Written down first: who leaves the group and clears its environment is found only through its parents.
    const known = groupIsGone ? [] : await descendantsOf(identity.pid)
    // Once the group is gone its number may belong to somebody else.
    if (!groupIsGone) await endGroup(identity.pid, grace)
    await sweep(known)
    await exited
  }
  let ending: Promise<void> | undefined
  const terminate = (): Promise<void> => (ending ??= end().finally(() => (ending = undefined)))
  const onAbort = (): void => void terminate()
  if (request.signal?.aborted === true) onAbort()
  request.signal?.addEventListener('abort', onAbort, { once: true })
  const closed = exited.then(async (exit) => {
    await endGroup(identity.pid, grace)
    groupIsGone = true
    await outputsClosed([stdout, stderr], () => sweep([]))
    request.signal?.removeEventListener('abort', onAbort)
    return exit
  })
  return {
    identity,
    stdin: request.stdin === 'pipe' ? child.stdin : null,
    stdout,
    stderr,
    exited,
    closed,
    terminate,
  }
}

function spawnChild(request: StartProcess, tag: string): ChildProcess {
  const marker = request.marker === null ? {} : markerVariables(request.marker)
  try {
    return spawn(request.file, request.args, {
      cwd: request.cwd,
      env: { ...request.env, ...marker, [PROCESS_VARIABLE]: tag },
      detached: true,
      stdio: [(request.stdin ?? 'ignore') === 'ignore' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
  } catch (error) {
    throw spawnError(error, request)
  }
}

async function spawned(child: ChildProcess, request: StartProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.on('error', (error) => reject(spawnError(error, request)))
  })
}

function feed(child: ChildProcess, stdin: StartProcess['stdin']): void {
  // A program may end without having read all its input; that shows in how it ended.
  child.stdin?.on('error', () => undefined)
  if (typeof stdin === 'object') child.stdin?.end(stdin.text)
}
