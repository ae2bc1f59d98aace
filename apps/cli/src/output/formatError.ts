import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toErrorRecord, WorkflowError } from '@holdfast/workflow-sdk'
import type { Io } from '../io.ts'
import { asCalled } from './asCalled.ts'
import { styled } from './style.ts'

/** What a command that ends with an error prints on stdout with `--json`: the shape of REST. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly details: Readonly<Record<string, unknown>>
    /** Page about the code, relative to the documentation. */
    readonly docs: string
  }
}

/** Says an error on stderr: `message [CODE]` and its page; something unexpected with its stack where asked for. */
export function printError(io: Io, error: unknown, options: { readonly verbose: boolean }): void {
  const { code, message, docs } = errorDocument(error).error
  const text = styled(io.stderr)
  io.stderr.write(`${text('red', 'Error:')} ${asCalled(io, message)} [${code}]\n`)
  if (code === 'INTERNAL') {
    const stack = error instanceof Error ? error.stack : undefined
    io.stderr.write(
      options.verbose && stack !== undefined
        ? `${stack}\n`
        : 'This should not have happened. Run the command again with --verbose to see where it comes from.\n',
    )
  } else {
    io.stderr.write(text('dim', `See ${pageOf(io, docs)}\n`))
    if (options.verbose && error instanceof Error && error.stack !== undefined)
      io.stderr.write(`${error.stack}\n`)
  }
}

/** Where the page is found from here, in a checkout; packages come without the documentation. */
function pageOf(io: Io, docs: string): string {
  const page = fileURLToPath(new URL(`../../../../${docs}`, import.meta.url))
  return existsSync(page) ? relative(io.cwd, page) : docs
}

/** An error as a document. Errors that are none of ours are INTERNAL. */
export function errorDocument(error: unknown): ErrorDocument {
  const record = toErrorRecord(error)
  const code = WorkflowError.is(error) ? error.code : 'INTERNAL'
  return { error: { code, message: record.message, details: record.data, docs: `docs/errors/${code}.md` } }
}
