import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { isAlive } from '@holdfast/workspace'
import { describe, expect, test } from 'vitest'
import { rejection, temporaryFolder } from '../../test/helpers.ts'
import { findProgram } from './findProgram.ts'
import { readLines } from './lines.ts'
import { endedByUs, runProgram } from './runProgram.ts'
import { openTranscript } from './Transcript.ts'

async function* pieces(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const line of lines) found.push(line)
  return found
}

describe('lines', () => {
  test('[AG5] are put together from pieces, characters too', async () => {
    const umlaut = Buffer.from('ü')
    const stream = pieces('a\nb', 'c\r\n', umlaut.subarray(0, 1), umlaut.subarray(1), '\n\nlast')
    expect(await all(readLines(stream))).toEqual(['a', 'bc', 'ü', '', 'last'])
    expect(await all(readLines(pieces('a\n')))).toEqual(['a'])
  })

  test('[AG5] beyond all bounds are AGENT_PROTOCOL', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield piece
    }
    await expect(all(readLines(endless()))).rejects.toMatchObject({ code: 'AGENT_PROTOCOL' })
  })
})

test('[AG5] a transcript is appended to, and a line that a crash tore is ended first', async () => {
  const file = path.join(await temporaryFolder(), 'deep', 'session.jsonl')
  const first = await openTranscript(file)
  await first.append('{"a":1}')
  await first.close()
  await writeFile(file, '{"a":1}\n{"tor')
  const second = await openTranscript(file)
  await second.note('started', { sessionId: 's' })
  await second.close()
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines.slice(0, 2)).toEqual(['{"a":1}', '{"tor'])
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ type: 'holdfast', event: 'started', sessionId: 's' })
})

test('[AG1] programs are found by name on PATH, or by path', async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder, 'tool')
  await writeFile(file, '#!/bin/sh\n')
  expect(await findProgram('tool', '/', folder)).toBeNull()
  await chmod(file, 0o755)
  expect(await findProgram('tool', '/', `/nowhere:${folder}`)).toBe(file)
  expect(await findProgram('./tool', folder, '')).toBe(file)
  expect(await findProgram('tool', folder, undefined)).toBeNull()
})

describe('a program', () => {
  async function run(script: string, parts: Partial<Parameters<typeof runProgram>[0]> = {}) {
    const folder = await temporaryFolder()
    const transcript = await openTranscript(path.join(folder, 't.jsonl'))
    const lines: string[] = []
    const pids: { pid: number; startTime: string | null }[] = []
    const running = runProgram({
      file: '/bin/sh',
      args: ['-c', script],
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '' },
      marker: { runId: folder, stepId: 's' },
      input: 'the prompt',
      transcript,
      idleTimeoutMs: 60_000,
      signal: new AbortController().signal,
      onProcess: (process) => void pids.push(process),
      onLine: (line) => void lines.push(line),
      ...parts,
    })
    await running.catch(() => {})
    await transcript.close()
    const end = await running
    return { end, lines, pids, text: await readFile(path.join(folder, 't.jsonl'), 'utf8') }
  }

  test('[AG3] gets its input and its marker, and standard input is closed', async () => {
    const { end, lines, text } = await run('cat; echo; echo "$HOLDFAST_STEP_ID"; echo oops >&2; exit 3')
    expect(lines).toEqual(['the prompt', 's'])
    expect(end).toEqual({ exitCode: 3, signal: null, stderr: 'oops\n', endedBy: null })
    expect(text).toMatch(/^the prompt\ns\n\{"type":"holdfast","event":"stderr"/)
  })

  test('[AG9] that says nothing is ended, with what left its group', async () => {
    const { end, pids, lines } = await run('setsid sleep 600 & echo $!; wait', { idleTimeoutMs: 200 })
    expect(end.endedBy).toBe('idle')
    expect(isAlive({ pid: Number(lines[0]), startTime: null })).toBe(false)
    expect(pids.map(isAlive)).toEqual([false])
    const error = endedByUs({ idleTimeoutMs: 200, signal: new AbortController().signal }, 'idle')
    expect(WorkflowError.has(error, 'STEP_TIMED_OUT')).toBe(true)
  })

  test('[AG9] is ended by its signal', async () => {
    const controller = new AbortController()
    const { end, pids } = await run('echo ready; sleep 600', {
      signal: controller.signal,
      onLine: () => controller.abort('parked'),
    })
    expect(end.endedBy).toBe('abort')
    expect(pids.map(isAlive)).toEqual([false])
    expect(endedByUs({ idleTimeoutMs: 1, signal: controller.signal }, 'abort').message).toContain('parked')
  })

  test('[AG9] is ended when its listener fails', async () => {
    let tool = 0
    const failure = new Error('listener')
    const error = await rejection(
      run('echo $$; sleep 600', {
        onLine: (line) => {
          tool = Number(line)
          throw failure
        },
      }),
    )
    expect(error).toBe(failure)
    expect(isAlive({ pid: tool, startTime: null })).toBe(false)
  })
})
