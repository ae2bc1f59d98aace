import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { WorkflowError, type ShellResult } from '@holdfast/workflow-sdk'
import type { ShellRequest } from '@holdfast/workflow-sdk/ports'
import { resolveInside } from '../files/resolveInside.ts'
import { parentEnvironment, type Environment } from '../processes/environment.ts'
import { startProcess, type ProcessExit, type StartProcess } from '../processes/startProcess.ts'
import { BoundedOutput } from './BoundedOutput.ts'

/** Bytes of each output that are kept unless the caller says otherwise: 1 MiB. */
const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024

/** What a port knows about the commands that it runs. */
export interface ShellSettings {
  readonly environment: Environment
  readonly killAfterMs: number
}

/**
 * Runs a command to its end: a text with `/bin/sh -c`, a list without a shell. An exit code is a result, also
 * 127 of a shell that did not find a program; an end by signal N is 128 + N, as shells have it.
 * @throws WorkflowError `COMMAND_NOT_FOUND`, `COMMAND_FAILED` (could not start), `PATH_OUTSIDE_WORKSPACE`,
 * `FILE_NOT_FOUND` (the folder), `OPTION_INVALID`; or the reason of `signal`, once every process is gone.
 */
export async function runShell(request: ShellRequest, settings: ShellSettings): Promise<ShellResult> {
  const limit = checkLimit(request.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES)
  const cwd = await resolveInside(request.workspacePath, request.cwd ?? '.')
  const child = await startProcess(toStart(request, cwd, settings))
  request.onProcess?.(child.identity)
  const stdout = capture(child.stdout, limit, (text) => request.onOutput?.('stdout', text))
  const stderr = capture(child.stderr, limit, (text) => request.onOutput?.('stderr', text))
  const exit = await child.closed
  if (request.signal.aborted) {
    await child.terminate()
    throw request.signal.reason
  }
  return { stdout: stdout(), stderr: stderr(), exitCode: exitCode(exit) }
}

function checkLimit(maxOutputBytes: number): number {
  if (Number.isSafeInteger(maxOutputBytes) && maxOutputBytes > 0) return maxOutputBytes
  const message = `maxOutputBytes of a shell command is ${maxOutputBytes}. Give a whole number of bytes above 0.`
  throw new WorkflowError('OPTION_INVALID', message, { details: { maxOutputBytes } })
}

function toStart(request: ShellRequest, cwd: string, settings: ShellSettings): StartProcess {
  const [file, ...args] = typeof request.command === 'string' ? shell(request.command) : request.command
  return {
    file,
    args,
    cwd,
    env: parentEnvironment(request.env, settings.environment),
    marker: request.marker,
    stdin: request.stdin === undefined ? 'ignore' : { text: request.stdin },
    signal: request.signal,
    killAfterMs: settings.killAfterMs,
  }
}

/** POSIX has no guarantee for the path of `sh`, yet every system that we run on has it there. */
const shell = (text: string): readonly [string, ...string[]] => ['/bin/sh', '-c', text]

/** Keeps what is printed within `limit` and hands every piece on, characters in one piece. */
function capture(output: Readable, limit: number, onText: (text: string) => void): () => string {
  const kept = new BoundedOutput(limit)
  const decoder = new StringDecoder('utf8')
  output.on('data', (chunk: Buffer) => {
    kept.add(chunk)
    const text = decoder.write(chunk)
    if (text !== '') onText(text)
  })
  output.once('end', () => {
    const rest = decoder.end()
    if (rest !== '') onText(rest)
  })
  return () => kept.toString()
}

function exitCode(exit: ProcessExit): number {
  if (exit.code !== null) return exit.code
  return 128 + (exit.signal === null ? 0 : constants.signals[exit.signal])
}
