import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { nearestName } from '../definitions/nearest.ts'
import { OWN } from './ownNames.ts'

/** As many names as a message lists. */
const NAMED = 12

const NODE_MODULES = builtinModules
  .filter((name) => !name.startsWith('_'))
  .map((name) => (name.startsWith('node:') ? name : `node:${name}`))

/** Notes on an error of Node's resolution what stood in the import, which its message does not always say. */
export function withSpecifier(error: unknown, specifier: string): unknown {
  return error instanceof Error ? Object.assign(error, { specifier }) : error
}

/**
 * The error in the author's words when `error` is an import that could not be made, else null; `details.specifier`
 * is what stands in the import.
 */
export async function importTrouble(error: unknown): Promise<WorkflowError | null> {
  if (!(error instanceof Error)) return null
  const { code, specifier } = error as NodeJS.ErrnoException & { readonly specifier?: string }
  const noExport = /requested module '([^']+)' does not provide an export named '([^']+)'/.exec(error.message)
  if (noExport !== null) return await missingExport(error, noExport[1]!, noExport[2]!)
  const noBuiltIn = /^No such built-in module: (\S+)$/.exec(error.message)?.[1]
  if (noBuiltIn !== undefined)
    return trouble(`Node.js has no module "${noBuiltIn}"`, noBuiltIn, NODE_MODULES, error)
  if (specifier === undefined) return missingFurtherOn(error)
  if (specifier.startsWith('holdfast/'))
    return trouble(`holdfast has no part "${specifier}"`, specifier, Object.keys(OWN), error)
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
    const parts = await partsOf(packageOf(specifier), error.message)
    return trouble(
      `The package "${packageOf(specifier)}" has no part "${specifier}"`,
      specifier,
      parts,
      error,
    )
  }
  return code === 'ERR_MODULE_NOT_FOUND' ? notInstalled(specifier, error) : null
}

/** A package lacks what it needs itself; no import of the author is wrong. */
function missingFurtherOn(error: Error): WorkflowError | null {
  const name = /^Cannot find package '([^']+)'/.exec(error.message)?.[1]
  if (name === undefined || (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return null
  const message = `${error.message}. Install the packages of the project anew, e.g. with: npm install`
  return new WorkflowError('WORKFLOW_DEPENDENCY_MISSING', message, {
    details: { package: name },
    cause: error,
  })
}

function notInstalled(specifier: string, cause: Error): WorkflowError {
  const name = packageOf(specifier)
  const missing = cause.message.startsWith("Cannot find package '")
  return new WorkflowError(
    'WORKFLOW_DEPENDENCY_MISSING',
    missing
      ? `The package "${name}" is not installed in the project. Install it there, e.g. with: npm install ${name}`
      : `The package "${name}" is installed in the project, but its file for "${specifier}" is not there. Install it anew, e.g. with: npm install ${name}`,
    { details: { package: name, specifier }, cause },
  )
}

async function missingExport(cause: Error, specifier: string, name: string): Promise<WorkflowError> {
  const own = OWN[specifier]
  const exists = own === undefined ? [] : Object.keys((await import(own)) as object).toSorted(callsFirst)
  return trouble(`"${specifier}" exports no "${name}"`, specifier, exists, cause, name)
}

/** What authors look for is a call more often than a class, and a class more often than a constant. */
function callsFirst(a: string, b: string): number {
  const rank = (name: string): number => (/^[a-z]/.test(name) ? 0 : /^[A-Z_]+$/.test(name) ? 2 : 1)
  return rank(a) - rank(b)
}

/** Not installing but correcting the import helps. @param name What is looked for; default the specifier. */
function trouble(
  what: string,
  specifier: string,
  exists: readonly string[],
  cause: Error,
  name = specifier,
): WorkflowError {
  const near = nearestName(name, exists)
  const hint = near === null ? '' : ` Did you mean "${near}"?`
  const more = exists.length > NAMED ? `, and ${exists.length - NAMED} more` : ''
  const list = exists.length === 0 ? '' : ` It has: ${exists.slice(0, NAMED).join(', ')}${more}.`
  return new WorkflowError('WORKFLOW_INVALID', `${what}.${hint}${list} Correct the import.`, {
    details: { specifier, exists, ...(name === specifier ? {} : { name }) },
    cause,
  })
}

/** What the `exports` of a package offer, as they are written in imports; Node's message names its package.json. */
async function partsOf(name: string, message: string): Promise<string[]> {
  const path = / in (.+package\.json)/.exec(message)?.[1]
  if (path === undefined) return []
  try {
    const { exports } = JSON.parse(await readFile(path, 'utf8')) as { exports?: unknown }
    if (typeof exports !== 'object' || exports === null) return [name]
    return Object.keys(exports)
      .filter((part) => part.startsWith('.') && part !== './package.json')
      .map((part) => name + part.slice(1))
  } catch {
    return []
  }
}

/** `@scope/name/part` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
