import { accessSync, constants, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { refuseNetworkFileSystem } from '../networkFs.ts'
import { isCode, translate } from './errors.ts'
import { readJson, statIfThere, temporaryName } from './io.ts'
import { isRunId, OWN, type Layout } from './layout.ts'

/** Version of the layout that this program writes. */
const LAYOUT_VERSION = 1

const FORMAT = 'holdfast-files'

/** What the folder of a run may hold before its store does. */
const RUN_PARTS = new Set(['logs', 'artifacts', 'metadata.json', 'nodes', 'inbox'])

/**
 * Makes sure that a folder is a store, or makes it one.
 * @throws WorkflowError `STORE_NOT_A_DATABASE`, `STORE_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_ON_NETWORK_FS`, `STORE_UNAVAILABLE`.
 */
export function openFolder(layout: Layout, what: string, fileSystemType?: (folder: string) => number): void {
  try {
    const { root } = layout
    const stat = statIfThere(root)
    if (stat !== null && !stat.isDirectory())
      throw notAStore(what, root, 'it is a file. Give the path of a folder')
    if (stat === null) makeFolder(root, what)
    refuseNetworkFileSystem(root, fileSystemType)
    if (!checkMark(layout, what)) {
      checkContent(layout, what)
      mark(layout)
    }
    // A command that only looks needs to read, nothing more.
    accessSync(root, constants.R_OK | constants.X_OK)
  } catch (error) {
    throw translate(error, what)
  }
}

/** Version of the layout of a folder, which is not changed; 0 where there is no store. @throws WorkflowError `STORE_NEWER`. */
export function layoutVersion(layout: Layout, what: string): number {
  return checkMark(layout, what) ? LAYOUT_VERSION : 0
}

function makeFolder(root: string, what: string): void {
  const parent = dirname(root)
  if (statIfThere(parent)?.isDirectory() !== true) {
    throw new WorkflowError(
      'STORE_UNAVAILABLE',
      `${what} cannot be opened: the folder ${parent} does not exist. Make it first.`,
      { details: { folder: parent } },
    )
  }
  try {
    mkdirSync(root)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
}

/** Whether the folder carries our mark, of a version that we know. */
function checkMark(layout: Layout, what: string): boolean {
  if (statIfThere(layout.mark) === null) return false
  const found = readJson<{ readonly format?: unknown; readonly version?: unknown }>(layout.mark)
  if (found?.format !== FORMAT || typeof found.version !== 'number')
    throw notAStore(what, layout.root, `${layout.mark} does not say that it is one. Restore that file`)
  if (found.version <= LAYOUT_VERSION) return true
  throw new WorkflowError(
    'STORE_NEWER',
    `${what} has layout ${found.version}; this version of Holdfast knows ${LAYOUT_VERSION}. Update Holdfast, or open another store.`,
    { details: { version: found.version, known: LAYOUT_VERSION } },
  )
}

/** A folder with anything else in it is left alone: logs and artifacts of runs are ours. */
function checkContent({ root }: Layout, what: string): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const isOurs =
      entry.name === OWN ||
      (entry.isDirectory() &&
        isRunId(entry.name) &&
        readdirSync(join(root, entry.name)).every((part) => RUN_PARTS.has(part)))
    if (!isOurs)
      throw notAStore(what, root, `it holds ${entry.name}. Give a folder that is empty or does not exist yet`)
  }
}

/** Of two processes that do so at once one makes the mark, and both find it. */
function mark(layout: Layout): void {
  mkdirSync(layout.own, { recursive: true })
  const temporary = temporaryName(layout.mark)
  writeFileSync(temporary, `${JSON.stringify({ format: FORMAT, version: LAYOUT_VERSION })}\n`, { flag: 'wx' })
  try {
    linkSync(temporary, layout.mark)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function notAStore(what: string, root: string, why: string): WorkflowError {
  return new WorkflowError('STORE_NOT_A_DATABASE', `${what} is no store of Holdfast: ${why}.`, {
    details: { path: root },
  })
}
