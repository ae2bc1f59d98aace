import type { Readable, Writable } from 'node:stream'
import { invocation } from './input/invocation.ts'

/** A stream that may be a terminal. */
export interface Output extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Where signals come from; a process, or a test. */
export interface Signals {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** Everything of the world that a command touches beside files. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Results. */
  readonly stdout: Output
  /** Progress, questions and errors. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the person is. */
  readonly cwd: string
  /**
   * The words that call this command from there, on the same project, e.g. `npx holdfast --project ../app`:
   * commands that are suggested begin with them.
   */
  readonly called: string
  readonly signals: Signals
}

/** The world of this process. A reader that goes away (`| head`) ends it quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  }
  const { stdin, stdout, stderr, env, argv, execPath } = process
  const { words, cwd } = invocation({ env, script: argv[1] ?? '', node: execPath, cwd: process.cwd() })
  return { stdin, stdout, stderr, env, cwd, called: words, signals: process }
}

/** Whether a person sits in front: questions can be asked and answered. */
export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true && !io.env.CI
}
