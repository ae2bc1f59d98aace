import type { Readable } from 'node:stream'
import type { ProcessIdentity } from '@holdfast/workflow-sdk/journal'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { startProcess, type StartProcess } from './startProcess.ts'

/** A helper program whose whole output is wanted. */
export interface RunProgram extends StartProcess {
  /** How what it prints becomes text; `latin1` keeps every byte. Default UTF-8. */
  readonly encoding?: 'utf8' | 'latin1'
  readonly onProcess?: ((process: ProcessIdentity) => void) | undefined
}

/** What a program answered; an end by a signal is exit code 128. */
export interface ProgramAnswer {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** Bytes of each output beyond which a program is ended: 50 MiB, the limit of a stored value (J5). */
const MAX_OUTPUT_BYTES = 50 * 1024 * 1024

/**
 * Runs a program to its end and answers all that it printed.
 * @throws WorkflowError as {@link startProcess} does, `OUTPUT_TOO_LARGE`; or the reason of the signal, once
 * every process is gone.
 */
export async function runProgram(request: RunProgram): Promise<ProgramAnswer> {
  const child = await startProcess(request)
  request.onProcess?.(child.identity)
  const tooLarge = (): void => void child.terminate()
  const stdout = collect(child.stdout, tooLarge)
  const stderr = collect(child.stderr, tooLarge)
  const exit = await child.closed
  if (request.signal?.aborted === true) {
    await child.terminate()
    throw request.signal.reason
  }
  return { stdout: stdout(request), stderr: stderr(request), exitCode: exit.code ?? 128 }
}

function collect(output: Readable, onTooLarge: () => void): (request: RunProgram) => string {
  const chunks: Buffer[] = []
  let bytes = 0
  output.on('data', (chunk: Buffer) => {
    const before = bytes
    bytes += chunk.length
    if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk)
    else if (before <= MAX_OUTPUT_BYTES) onTooLarge()
  })
  return (request) => {
    if (bytes > MAX_OUTPUT_BYTES) throw tooMuch(request)
    return Buffer.concat(chunks).toString(request.encoding ?? 'utf8')
  }
}

function tooMuch(request: RunProgram): WorkflowError {
  const shown = [request.file, ...request.args].join(' ').slice(0, 200)
  const message = `"${shown}" in ${request.cwd} printed more than ${MAX_OUTPUT_BYTES} bytes. Ask for a smaller part.`
  return new WorkflowError('OUTPUT_TOO_LARGE', message, { details: { command: shown, cwd: request.cwd } })
}
