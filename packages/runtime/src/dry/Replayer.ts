import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DryReplay, DryReplayRequest } from '@holdfast/engine'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { FromReplayer, ToReplayer } from './messages.ts'

/** Limits of a dry replay. */
export interface ReplayLimits {
  /** Default 10 seconds, and one more for each 2,000 events of the journal. */
  readonly timeoutMs?: number
  /** Memory of the process in MiB; default 512. */
  readonly memoryMiB?: number
}

/** What a replay is given beside its request. */
export interface ReplayCode {
  /** File of the bundle, in the cache of its project. */
  readonly bundlePath: string
  readonly readBlob: (hash: string) => Promise<Uint8Array>
}

/** Starting takes a moment, on a busy machine some. */
const START_TIMEOUT_MS = 60_000
const IS_SOURCE = import.meta.url.endsWith('.ts')
const PROGRAM = fileURLToPath(new URL(`./replayProcess.${IS_SOURCE ? 'ts' : 'js'}`, import.meta.url))

/**
 * Replays journals without effects, one after the other, in a process that may read files and do nothing else: it
 * writes no file, starts no program and makes no connection, whatever the author's code tries. Code that does not
 * give control back costs the process, and the next replay begins another one.
 */
export class Replayer {
  readonly #limits: ReplayLimits
  /** Bundles that did not come to an end once: of many runs each is not waited for as long again. */
  readonly #endless = new Set<string>()
  #child: ChildProcess | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(limits: ReplayLimits = {}) {
    this.#limits = limits
  }

  /** @throws WorkflowError `WORKFLOW_INVALID`, `WORKFLOW_DEPENDENCY_MISSING` where the code cannot be loaded. */
  replay(request: DryReplayRequest, code: ReplayCode): Promise<DryReplay> {
    const next = this.#last.then(() => this.#replay(request, code))
    this.#last = next.catch(() => {})
    return next
  }

  /** Ends the process; nothing is replayed afterwards unless it is asked for. */
  async close(): Promise<void> {
    await this.#last
    this.#end()
  }

  async #replay(request: DryReplayRequest, { bundlePath, readBlob }: ReplayCode): Promise<DryReplay> {
    const child = await this.#ready()
    const { promise, resolve, reject } = Promise.withResolvers<DryReplay>()
    const wholeMs = this.#limits.timeoutMs ?? 10_000 + request.events.length / 2
    const timeoutMs = this.#endless.has(bundlePath) ? wholeMs / 5 : wholeMs
    const timer = setTimeout(() => {
      this.#end()
      this.#endless.add(bundlePath)
      resolve(
        broken(
          `The code does not come to an end within ${Math.ceil(timeoutMs / 1000)} s (an endless loop?).`,
        ),
      )
    }, timeoutMs)
    const hear = (message: FromReplayer): void => {
      if (message.type === 'replayed') resolve(message.replay)
      else if (message.type === 'refused') reject(notLoaded(request, message))
      else if (message.type === 'wants')
        void readBlob(message.hash)
          .catch(() => null)
          .then((bytes) => tell(child, { type: 'blob', hash: message.hash, bytes }))
    }
    const gone = (): void => {
      this.#end()
      resolve(broken('The code ends its process (process.exit), or takes all memory.'))
    }
    child.on('message', hear)
    child.once('exit', gone)
    try {
      tell(child, { type: 'replay', request, bundlePath })
      return await promise
    } finally {
      clearTimeout(timer)
      child.off('message', hear)
      child.off('exit', gone)
    }
  }

  /** The process, as soon as it listens: how long it takes to start says nothing about the author's code. */
  async #ready(): Promise<ChildProcess> {
    if (this.#child !== null) return this.#child
    const child = this.#start()
    const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>()
    const failed = (): void => {
      child.kill('SIGKILL')
      reject(new WorkflowError('INTERNAL', 'The process for replays without effects does not start.'))
    }
    const timer = setTimeout(failed, START_TIMEOUT_MS)
    child.once('message', () => resolve(child))
    child.once('exit', failed)
    try {
      this.#child = await promise
      return child
    } finally {
      clearTimeout(timer)
      child.off('exit', failed)
    }
  }

  #start(): ChildProcess {
    const { memoryMiB = 512 } = this.#limits
    const child = fork(PROGRAM, [], {
      execArgv: [
        ...(IS_SOURCE ? ['--conditions=source'] : []),
        '--disable-warning=ExperimentalWarning',
        '--disable-warning=SecurityWarning',
        '--permission',
        '--allow-fs-read=*',
        // Of its watchdog; it lets no other thread start.
        '--allow-worker',
        // Reading a package with a native part is no effect.
        '--allow-addons',
        `--max-old-space-size=${memoryMiB}`,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // What cannot be started is told by its exit.
    child.on('error', () => {})
    // It does not keep the process of whoever forgot to close it.
    child.unref()
    child.channel?.unref()
    return child
  }

  #end(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
  }
}

function tell(child: ChildProcess, message: ToReplayer): void {
  if (child.connected) child.send(message)
}

function broken(message: string): DryReplay {
  const divergence = { key: null, recorded: null, now: null, message, at: null }
  return { verdict: 'diverges', divergence, reached: [], asked: [], unasked: [], ends: null }
}

function notLoaded(
  { run, version }: DryReplayRequest,
  { code, message }: Extract<FromReplayer, { type: 'refused' }>,
): WorkflowError {
  if (code === 'JOURNAL_CORRUPT') return new WorkflowError(code, message, { details: { runId: run.id } })
  const known = code === 'WORKFLOW_DEPENDENCY_MISSING' ? code : 'WORKFLOW_INVALID'
  return new WorkflowError(
    known,
    `Version ${version} of workflow "${run.workflow_name}" does not load: ${message}`,
    { details: { workflow: run.workflow_name, version } },
  )
}
