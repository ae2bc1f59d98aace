import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { ProcessMarker } from '@holdfast/workflow-sdk/ports'
import {
  endProcesses,
  parentEnvironment,
  RUN_VARIABLE,
  startProcess,
  type StartProcess,
} from '@holdfast/workspace'

/** A marker of its own for each test; whatever carries it is ended when the test is over. */
export function makeMarker(): ProcessMarker {
  const marker = { runId: randomUUID(), stepId: `${randomUUID()}.1.0` }
  const variable = { name: RUN_VARIABLE, value: marker.runId }
  onTestFinished(async () => void (await endProcesses({ variable, known: [], killAfterMs: 0 })))
  return marker
}

/** Starts `sh -c script`, its errors unread. */
export async function startScript(script: string, options: Partial<StartProcess> = {}) {
  const child = await startProcess({
    file: '/bin/sh',
    args: ['-c', script],
    cwd: '/',
    env: parentEnvironment(),
    marker: makeMarker(),
    killAfterMs: 300,
    ...options,
  })
  child.stderr.resume()
  return { ...child, lines: readLines(child.stdout) }
}

/** Hands out the lines of a stream one by one, and goes on reading it in between. */
function readLines(output: Readable): { next(): Promise<string> } {
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  let rest = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      const taker = waiting.shift()
      if (taker === undefined) lines.push(line)
      else taker(line)
    }
  })
  return {
    next: () => {
      const line = lines.shift()
      return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line)
    },
  }
}

/** Looks again until it is so; only for what another process does and tells nobody. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it never came to: ${what}`)
    await delay(10)
  }
}
