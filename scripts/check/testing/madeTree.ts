import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Check } from '../Check.ts'

/** A file of a made-up tree: a text, an object that becomes JSON, or a text made from the tree's root. */
export type Content = string | object | ((root: string) => string)

/**
 * Runs a check on a made-up tree, contents by path. Answers its findings as
 * `where: what`; the tree is gone afterwards.
 */
export async function findingsOf(check: Check, tree: Readonly<Record<string, Content>>): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-check-'))
  try {
    for (const [path, content] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), textOf(content, root))
    }
    const findings = await check.run(root)
    return findings.map(({ where, what }) => `${where}: ${what}`)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** A package.json of a room with dependencies of version 1. */
export function manifest(name: string, ...dependencies: readonly string[]): object {
  return { name, dependencies: Object.fromEntries(dependencies.map((other) => [other, '1'])) }
}

function textOf(content: Content, root: string): string {
  if (typeof content === 'function') return (content as (root: string) => string)(root)
  return typeof content === 'string' ? content : JSON.stringify(content)
}
