import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that hold nothing people write. */
const GENERATED = new Set([
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.cache',
  '.data',
  '.build',
  '.agent-cache',
])

/**
 * Every file below `root` that people write, as paths relative to it with `/`, sorted. Symbolic links are
 * left out: what they lead to is listed itself.
 */
export function listFiles(root: string): string[] {
  const found: string[] = []
  walk(root, '', found)
  return found.toSorted()
}

/** The text of a file below `root`. */
export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The parsed JSON of a file below `root`. */
export function readJson<T>(root: string, path: string): T {
  return JSON.parse(readText(root, path)) as T
}

/** Whether a path is TypeScript or JavaScript source. */
export function isSource(path: string): boolean {
  return /\.(?:[cm]?ts|tsx|[cm]?js)$/.test(path) && !path.endsWith('.d.ts')
}

/** Whether a path holds tests or exists for tests alone. */
export function isTest(path: string): boolean {
  return (
    /\.(?:test|test-d)\.tsx?$/.test(path) ||
    /(?:^|\/)(?:test|tests|testing|conformance|fixtures)\//.test(path)
  )
}

/** Whether a path is recorded or made material that people do not write by hand. */
export function isFixture(path: string): boolean {
  return /(?:^|\/)(?:fixtures|__fixtures__|recordings)\//.test(path)
}

function walk(root: string, folder: string, found: string[]): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (GENERATED.has(entry.name)) continue
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) walk(root, path, found)
    else if (entry.isFile()) found.push(path)
  }
}
