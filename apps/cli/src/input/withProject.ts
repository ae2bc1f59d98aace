import { resolve } from 'node:path'
import type { Holdfast, HoldfastOptions, OpenProject } from '@holdfast/runtime'
import type { Io } from '../io.ts'
import type { CommonOptions } from '../shell.ts'

/** Runs `work` on the project of `--project`, its store open, and closes it afterwards. */
export async function withProject<T>(
  io: Io,
  options: CommonOptions,
  work: (opened: OpenProject) => Promise<T>,
): Promise<T> {
  const { openProject } = await import('@holdfast/runtime')
  const opened = await openProject(place(io, options))
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

/** Runs `work` on a whole Holdfast, with its engine, and closes it afterwards. */
export async function withHoldfast<T>(
  io: Io,
  options: CommonOptions,
  work: (holdfast: Holdfast) => Promise<T>,
  further: HoldfastOptions = {},
): Promise<T> {
  const { createHoldfast } = await import('@holdfast/runtime')
  const holdfast = await createHoldfast({
    onTrouble: (message) => io.stderr.write(`Warning: ${message}\n`),
    ...place(io, options),
    ...further,
  })
  try {
    return await work(holdfast)
  } finally {
    await holdfast.close()
  }
}

/** Where a command was called. */
export function place(io: Io, options: CommonOptions): { projectPath: string; env: Io['env'] } {
  return { projectPath: resolve(io.cwd, options.project ?? '.'), env: io.env }
}
