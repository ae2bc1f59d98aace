import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'

/** Folder of the store's own in its directory: everything that does not lie below one run. */
export const OWN = '.holdfast'

/** Where everything of a store lies; `root` is absolute. `docs/guides/files-on-disk.md` describes it. */
export class Layout {
  readonly root: string
  readonly own: string

  constructor(root: string) {
    this.root = root
    this.own = join(root, OWN)
  }

  /** What kind of store this is, and of which version. */
  get mark(): string {
    return join(this.own, 'store.json')
  }

  /** A number that grows with every commit, by which other processes notice it. */
  get commits(): string {
    return join(this.own, 'commits')
  }

  /** Requests to the process that holds the store: the file itself, or a bell for one in the inbox of a run. */
  get requests(): string {
    return join(this.own, 'inbox')
  }

  get answers(): string {
    return join(this.own, 'answers')
  }

  /** Records of commits that change several files, until all are changed. */
  get redo(): string {
    return join(this.own, 'redo')
  }

  /** Where a store that is taken over is built before it is moved in. */
  get incoming(): string {
    return join(this.own, 'incoming')
  }

  get locks(): string {
    return join(this.own, 'lock')
  }

  get workers(): string {
    return join(this.own, 'workers')
  }

  get blobs(): string {
    return join(this.own, 'blobs')
  }

  /** Folder of one kind of records. */
  records(table: string): string {
    return join(this.own, table)
  }

  record(table: string, id: string): string {
    return join(this.own, table, `${fileName(id)}.json`)
  }

  worker(id: string): string {
    return join(this.workers, `${fileName(id)}.json`)
  }

  blob(hash: string): string {
    return join(this.blobs, hash.slice(0, 2), hash)
  }

  version(workflowId: string, version: number): string {
    return join(this.own, 'versions', fileName(workflowId), `${version}.json`)
  }

  run(runId: string): string {
    return join(this.root, runId)
  }

  /** The run's own row. */
  runFile(runId: string): string {
    return join(this.root, runId, 'run.json')
  }

  journal(runId: string): string {
    return join(this.root, runId, 'events.jsonl')
  }

  /** Rows of `workflow_logs`. */
  logLines(runId: string): string {
    return join(this.root, runId, 'log.jsonl')
  }

  nodes(runId: string): string {
    return join(this.root, runId, 'nodes')
  }

  node(runId: string, nodeId: string): string {
    return join(this.nodes(runId), `${fileName(nodeId)}.json`)
  }

  inbox(runId: string): string {
    return join(this.root, runId, 'inbox')
  }
}

/** Whether an id can be the name of a run's folder: nothing hidden, no path, nothing that file systems change. */
export function isRunId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,149}$/.test(id) && !id.endsWith('.')
}

/** @throws WorkflowError `PAYLOAD_INVALID` for an id that cannot be the name of a folder. */
export function checkRunId(id: string): void {
  if (isRunId(id)) return
  throw new WorkflowError(
    'PAYLOAD_INVALID',
    `A run cannot have the id ${JSON.stringify(id.slice(0, 200))}: in this store it is the name of a folder. Use at most 150 letters, digits, "_", "." and "-", beginning with a letter or digit.`,
    { details: { runId: id.slice(0, 200) } },
  )
}

/** A file name for any text: the text itself where that is safe, else what can be read of it and its hash. */
function fileName(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,119}$/.test(text)) return text
  const hash = createHash('sha256').update(text.toWellFormed()).update(JSON.stringify(text)).digest('hex')
  const readable = text
    .replace(/[^A-Za-z0-9_.@-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80)
  return `${readable}~${hash.slice(0, 16)}`
}
