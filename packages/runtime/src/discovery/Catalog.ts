import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../files/replaceFile.ts'
import { LOCK_FILES } from './lockHash.ts'
import type { TemplateProblem, WorkflowFacts } from './types.ts'

/** Format of the file; another one is ignored and written anew. */
const FORMAT = 1
/** How coarse the times of a file system may be. */
const COARSE_MS = 20

/** A file as it was when a bundle was made from it. */
interface InputState {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
  readonly hash: string
}

/** What is remembered of a template: its facts, or why it must not be loaded again unchanged. */
export type CatalogEntry = { readonly inputs: readonly InputState[]; readonly contentHash: string } & (
  | { readonly facts: WorkflowFacts }
  | { readonly problem: TemplateProblem }
)

/**
 * What discovery knows of each template, kept in `.cache/catalog.json`, so that an unchanged file is neither
 * parsed nor loaded again (A3). Only a cache: without it everything is found out anew.
 */
export class Catalog {
  readonly #root: string
  readonly #path: string
  readonly #entries: Record<string, CatalogEntry>
  /** What was found out here. */
  readonly #news: Record<string, CatalogEntry> = {}

  constructor(root: string, cache: string) {
    this.#root = root
    this.#path = join(cache, 'catalog.json')
    this.#entries = read(this.#path)
  }

  /** The entry of a template, when none of the files it was made from has changed. */
  lookUp(file: string): CatalogEntry | null {
    const entry = this.#entries[file]
    return entry !== undefined && entry.inputs.every((input) => this.#isUnchanged(input)) ? entry : null
  }

  /**
   * Remembers a template that was bundled. A file that was written after `bundledSince` (or just before, as
   * clocks of file systems are coarse) may differ from what went into the bundle: then nothing is remembered.
   * @param known.bundledSince Milliseconds since 1970, taken before the files were read.
   */
  remember(
    file: string,
    known: {
      readonly inputs: readonly string[]
      readonly contentHash: string
      readonly bundledSince: number
    },
    outcome: { readonly facts: WorkflowFacts } | { readonly problem: TemplateProblem },
  ): void {
    // What does not load may do so with other packages.
    const packages = 'problem' in outcome ? LOCK_FILES : []
    const inputs = [...known.inputs, 'tsconfig.json', ...packages].map((path) => stateOf(this.#root, path))
    if (inputs.some((input) => input.mtimeMs > known.bundledSince - COARSE_MS)) return
    this.#news[file] = { inputs, contentHash: known.contentHash, ...outcome }
    this.#entries[file] = this.#news[file]
  }

  /**
   * Writes down what was found out here, beside what others have written meanwhile, and forgets templates that
   * are gone. A folder that cannot be written only costs time.
   */
  async save(files: readonly string[]): Promise<void> {
    const present = read(this.#path)
    const kept = Object.entries({ ...present, ...this.#news }).filter(([file]) => files.includes(file))
    if (Object.keys(this.#news).length === 0 && kept.length === Object.keys(present).length) return
    try {
      await mkdir(join(this.#path, '..'), { recursive: true })
      const templates = Object.fromEntries(kept)
      await replaceFile(this.#path, JSON.stringify({ format: FORMAT, templates }))
    } catch {
      // The next look finds it out again.
    }
  }

  #isUnchanged(known: InputState): boolean {
    const stat = statSync(join(this.#root, known.path), { throwIfNoEntry: false })
    if (stat === undefined) return known.hash === ''
    if (stat.size !== known.size) return false
    return stat.mtimeMs === known.mtimeMs || contentHash(join(this.#root, known.path)) === known.hash
  }
}

function stateOf(root: string, path: string): InputState {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (stat === undefined) return { path, size: 0, mtimeMs: 0, hash: '' }
  return { path, size: stat.size, mtimeMs: stat.mtimeMs, hash: contentHash(join(root, path)) }
}

function contentHash(path: string): string {
  return hash('sha256', readFileSync(path))
}

function read(path: string): Record<string, CatalogEntry> {
  try {
    const { format, templates } = JSON.parse(readFileSync(path, 'utf8')) as {
      format: number
      templates: Record<string, CatalogEntry>
    }
    return format === FORMAT ? templates : {}
  } catch {
    return {}
  }
}
