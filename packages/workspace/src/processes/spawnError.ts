import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** Says why a program could not be started. */
export function spawnError(
  error: unknown,
  request: { readonly file: string; readonly cwd: string },
): WorkflowError {
  const { file, cwd } = request
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
  const options = { details: { file, cwd, reason: code }, cause: error }
  if (!existsSync(cwd)) {
    return new WorkflowError(
      'FILE_NOT_FOUND',
      `"${file}" cannot start in ${cwd}: that folder does not exist.`,
      options,
    )
  }
  if (code === 'ENOENT' && isAbsolute(file) && existsSync(file)) {
    const message = `The command "${file}" is there, but the program that its first line (#!) or its format asks for is not. Install that, or name another command.`
    return new WorkflowError('COMMAND_NOT_FOUND', message, options)
  }
  if (code === 'ENOENT') {
    const message = `The command "${file}" was not found. Install it, or correct its name or PATH.`
    return new WorkflowError('COMMAND_NOT_FOUND', message, options)
  }
  if (code === 'EACCES') {
    const message = `The command "${file}" cannot be run in ${cwd}: it is not executable. Set its executable bit.`
    return new WorkflowError('COMMAND_NOT_FOUND', message, options)
  }
  const message = `The command "${file}" could not be started in ${cwd}: ${code}. ${advice(code)}`
  return new WorkflowError('COMMAND_FAILED', message, options)
}

function advice(code: string): string {
  if (code === 'E2BIG')
    return 'Its arguments or environment are too long; hand the data over on standard input.'
  if (code === 'ERR_INVALID_ARG_VALUE') return 'An argument or variable holds a NUL character; remove it.'
  if (code === 'EAGAIN' || code === 'ENOMEM')
    return 'The machine is out of processes or memory; try again later.'
  return 'Check the command and the folder.'
}
