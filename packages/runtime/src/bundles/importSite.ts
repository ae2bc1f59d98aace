import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** An import of something that is not bundled. */
export interface PackageImport {
  /** Relative to the project's root. */
  readonly file: string
  readonly specifier: string
}

/** Where a package is imported; line and column of its name count from 1. */
export interface ImportSite {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * The first place that imports `specifier`, or null when there is none.
 * @param name Only imports of this name of it count, if there are any.
 */
export async function importSite(
  root: string,
  imports: readonly PackageImport[],
  specifier: string,
  name: string | null,
): Promise<ImportSite | null> {
  const sites: ImportSite[] = []
  let named: ImportSite | null = null
  for (const file of new Set(imports.filter((one) => one.specifier === specifier).map((one) => one.file))) {
    const text = await readFile(join(root, file), 'utf8').catch(() => '')
    for (const { statement, ...place } of find(text, specifier)) {
      sites.push({ file, ...place })
      if (name !== null && new RegExp(String.raw`(?<![\w$])${escaped(name)}(?![\w$])`).test(statement))
        named ??= { file, ...place }
    }
  }
  return named ?? sites[0] ?? null
}

function find(text: string, specifier: string): { statement: string; line: number; column: number }[] {
  const pattern = String.raw`(?:\bimport\b|\bexport\b|\brequire\b)[^'"\`;]*(['"\`])${escaped(specifier)}\1`
  return [...text.matchAll(new RegExp(pattern, 'g'))].flatMap((match) => {
    const at = match.index + match[0].length - specifier.length - 2
    const before = text.slice(0, at)
    const start = before.lastIndexOf('\n') + 1
    // A line of a comment may name the same package.
    if (/^\s*(?:\/\/|\*|\/\*)/.test(text.slice(start))) return []
    return [{ statement: match[0], line: before.split('\n').length, column: at - start + 1 }]
  })
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}
