import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Io } from '../io.ts'

/**
 * The value of an option that takes JSON: the text itself, `@file`, or `@-` for standard input.
 * @param option Names the option in errors, e.g. `--input`.
 * @throws WorkflowError `USAGE` saying where the JSON is wrong, `FILE_NOT_FOUND`.
 */
export async function parseJson(io: Io, given: string, option: string): Promise<unknown> {
  const source = given.startsWith('@') ? given.slice(1) : null
  const json = source === null ? given : await read(io, source, option)
  try {
    return JSON.parse(json) as unknown
  } catch (error) {
    const place = source === null ? '' : source === '-' ? ' from standard input' : ` in ${source}`
    throw new WorkflowError(
      'USAGE',
      `${option}${place} is no JSON: ${(error as Error).message}. ` +
        `Quote it for the shell, e.g. ${option} '{"name":"value"}', or give a file: ${option} @input.json`,
      { details: { option } },
    )
  }
}

async function read(io: Io, source: string, option: string): Promise<string> {
  if (source === '-') return await text(io.stdin as Readable)
  return await readFile(resolve(io.cwd, source), 'utf8').catch((error: NodeJS.ErrnoException) => {
    const path = resolve(io.cwd, source)
    throw new WorkflowError(
      'FILE_NOT_FOUND',
      error.code === 'ENOENT'
        ? `The file ${path} of ${option} does not exist. A path is taken from the current folder.`
        : `The file ${path} of ${option} cannot be read: ${error.message}.`,
      { details: { option, file: source } },
    )
  })
}
