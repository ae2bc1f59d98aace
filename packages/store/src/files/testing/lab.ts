import { mkdtempSync, rmSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { Bench } from '../../conformance/Bench.ts'
import { openFileStore, type FileStoreOptions } from '../openFileStore.ts'

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A bench on a store in files; it is closed after the test. */
export async function fileBench(path: string, more: Partial<FileStoreOptions> = {}): Promise<Bench> {
  const bench = await Bench.open({
    name: 'files',
    open: (options) => openFileStore({ ...options, path, pollIntervalMs: 20, ...more }),
  })
  onTestFinished(async () => await bench.store.close())
  return bench
}

/** Address of a module for a process of its own. */
function moduleUrl(path: string): string {
  return new URL(path, import.meta.url).href
}

/** A process that runs a module text; it is killed after the test. */
export interface Script {
  readonly process: ChildProcess
  /** The next line that it prints; null when it has ended. */
  line(): Promise<string | null>
  /** Lines until it ends. */
  rest(): Promise<string[]>
}

/** Text with which a script begins: a bench on the store at `path` as `bench`, and events. */
export function scriptHead(path: string): string {
  return `const { Bench } = await import('${moduleUrl('../../conformance/Bench.ts')}')
    const { started, completed, received, requested, answered, runCompleted } = await import('${moduleUrl('../../conformance/events.ts')}')
    const { openFileStore } = await import('${moduleUrl('../openFileStore.ts')}')
    const path = ${JSON.stringify(path)}
    const open = (options = {}) => openFileStore({ pollIntervalMs: 20, path, ...options })
    const benchAt = (more = {}) => Bench.open({ name: '', open: (options) => open({ ...options, ...more }) })
  `
}

/** Starts a process that runs a module text. */
export function startScript(text: string): Script {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string | null> => {
    const { value, done } = await lines.next()
    return done === true ? null : value
  }
  return {
    process: child,
    line,
    rest: async () => {
      const rest: string[] = []
      for (let next = await line(); next !== null; next = await line()) rest.push(next)
      return rest
    },
  }
}
