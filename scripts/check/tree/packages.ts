import { isSource, listFiles, readJson } from './files.ts'

/** One target of `exports` in a package.json. */
export interface ExportTarget {
  readonly source?: string
  readonly types?: string
  readonly default?: string
}

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, ExportTarget>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>> | string
}

/** A package of the repository with its files. */
export interface Room {
  /** Relative to the root, e.g. `packages/store`. */
  readonly folder: string
  readonly manifest: Manifest
  /** Source files relative to the root, tests included. */
  readonly sources: readonly string[]
}

/** The rooms below `packages/` and `apps/`, in order of their folders. */
export function listRooms(root: string): Room[] {
  const files = listFiles(root)
  const manifests = files.filter((path) => /^(?:packages|apps)\/[^/]+\/package\.json$/.test(path))
  return manifests.map((path) => {
    const folder = path.slice(0, -'/package.json'.length)
    return {
      folder,
      manifest: readJson<Manifest>(root, path),
      sources: files.filter((file) => file.startsWith(`${folder}/`) && isSource(file)),
    }
  })
}

/** All packages a manifest asks for, by name. */
export function dependenciesOf(manifest: Manifest): string[] {
  return Object.keys({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  })
}
