import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message, Metafile } from 'esbuild'
import type { PackageImport } from './importSite.ts'
import { neighbours } from './neighbours.ts'

/** Where a bundle is wrong; lines and columns count from 1. */
export interface BundleProblem {
  /** Relative to the project's root. */
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly reason: string
}

/** A file with its project-local imports as one module (R7). */
export interface Bundle {
  readonly bundle: string
  /** SHA-256 of the bundle in hex: the version's content hash. */
  readonly hash: string
  /** Files that went in, relative to the project's root. */
  readonly inputs: readonly string[]
  /** What stays outside of the bundle. */
  readonly packages: readonly PackageImport[]
}

/**
 * Bundles one TypeScript file: local imports inside, packages outside, source map inline. The result
 * depends on the contents and the paths below `root` only, so equal files have equal hashes on every machine.
 * @param file Relative to `root`.
 */
export async function bundleFile(
  root: string,
  file: string,
): Promise<({ readonly ok: true } & Bundle) | { readonly ok: false; readonly problem: BundleProblem }> {
  const esbuild = await import('esbuild')
  try {
    const result = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [file],
      outfile: join(root, '.agent/workflows/.cache/bundle.mjs'),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      packages: 'external',
      // Names of classes and functions stand in errors and journals.
      keepNames: true,
      sourcemap: 'inline',
      logLevel: 'silent',
    })
    const bundle = result.outputFiles[0]!.text
    const { inputs } = result.metafile
    return {
      ok: true,
      bundle,
      hash: hash('sha256', bundle),
      inputs: Object.keys(inputs),
      packages: packagesOf(inputs),
    }
  } catch (error) {
    const messages = (error as { errors?: Message[] }).errors
    if (messages === undefined) throw error
    return { ok: false, problem: await describe(root, file, messages) }
  }
}

function packagesOf(inputs: Metafile['inputs']): PackageImport[] {
  return Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports.filter(({ external }) => external === true).map(({ path }) => ({ file, specifier: path })),
  )
}

async function describe(root: string, file: string, messages: readonly Message[]): Promise<BundleProblem> {
  const [first] = messages
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : ''
  const place = first?.location ?? null
  if (place === null) {
    const text = await readFile(join(root, file), 'utf8').catch((error: unknown) => error)
    const reason = text instanceof Error ? text.message : (first?.text ?? 'unknown')
    return { file, line: null, column: null, reason: `${reason}${more}` }
  }
  const { text } = first!
  return {
    file: place.file,
    line: place.line,
    column: place.column + 1,
    reason: `${text}${more}${await neighbours(root, place.file, text)}`,
  }
}
