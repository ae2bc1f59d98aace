import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, 'syncs.c')
const BUILD = join(import.meta.dirname, '../.build')

/**
 * Absolute path of the library that counts and delays `fsync` (see `syncs.c`), compiled with `cc` on first
 * use; null where it cannot be had: no C compiler, or a system without `LD_PRELOAD`.
 */
export function buildShim(): string | null {
  if (process.platform !== 'linux') return null
  const library = join(BUILD, `syncs-${hash('sha256', readFileSync(SOURCE)).slice(0, 12)}-${process.arch}.so`)
  if (existsSync(library)) return library
  mkdirSync(BUILD, { recursive: true })
  // Two benchmarks may build at once: each its own file, the last rename wins.
  const unfinished = `${library}.${process.pid}`
  const { status } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', unfinished, SOURCE, '-ldl'])
  if (status !== 0) return null
  renameSync(unfinished, library)
  return library
}
