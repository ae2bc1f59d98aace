import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ShellRequest } from '@holdfast/workflow-sdk/ports'
import { isAlive } from '@holdfast/workspace'
import { makeMarker } from '../../test/support/processes.ts'
import { bareEnvironment, makePort, temporaryFolder } from '../../test/support/repository.ts'
import { BoundedOutput } from './BoundedOutput.ts'

const isGone = (pid: string): boolean => !isAlive({ pid: Number(pid), startTime: null })

async function run(command: ShellRequest['command'], options: Partial<ShellRequest> = {}) {
  const request = {
    command,
    workspacePath: temporaryFolder(),
    marker: makeMarker(),
    signal: new AbortController().signal,
  }
  return await makePort().shell({ ...request, ...options })
}

test('[WS10] a text goes through the shell, a list does not', async () => {
  expect(await run('echo "a  b" | tr a-z A-Z; echo warn >&2')).toEqual({
    stdout: 'A  B\n',
    stderr: 'warn\n',
    exitCode: 0,
  })
  expect(await run(['printf', '%s|', '$HOME', 'a  b', ';'])).toEqual({
    stdout: '$HOME|a  b|;|',
    stderr: '',
    exitCode: 0,
  })
})

test('[WS10] exit codes are results, also those of signals and of a shell that finds no program', async () => {
  expect((await run('exit 42')).exitCode).toBe(42)
  expect((await run('kill -TERM $$')).exitCode).toBe(128 + 15)
  const missing = await run('no-such-program-anywhere')
  expect(missing.exitCode).toBe(127)
  expect(missing.stderr).toContain('no-such-program-anywhere')
})

test('[WS11] a missing or not executable program is named', async () => {
  await expect(run(['no-such-program-anywhere'])).rejects.toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining('"no-such-program-anywhere"'),
  })
  const workspacePath = temporaryFolder()
  writeFileSync(join(workspacePath, 'script'), '#!/bin/sh\n', { mode: 0o644 })
  await expect(run(['./script'], { workspacePath })).rejects.toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining('not executable'),
  })
  writeFileSync(join(workspacePath, 'lost'), '#!/no/such/interpreter\n', { mode: 0o755 })
  await expect(run([join(workspacePath, 'lost')])).rejects.toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining('is there, but'),
  })
  await expect(run(['echo', 'a\0b'])).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining('NUL'),
  })
  await expect(run(['echo', 'x'.repeat(5_000_000)])).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining('standard input'),
  })
})

test('[WS12] a character that arrives in two pieces is handed on in one', async () => {
  const workspacePath = temporaryFolder()
  const pieces: string[] = []
  // The first two of three bytes of a euro sign, and the third only when the first piece has arrived.
  const command = "printf 'x\\342\\202'; while [ ! -e go ]; do sleep 0.01; done; printf '\\254!'"
  const result = await run(command, {
    workspacePath,
    onOutput: (_stream, text) => {
      pieces.push(text)
      writeFileSync(join(workspacePath, 'go'), '')
    },
  })
  expect(pieces).toEqual(['x', '€!'])
  expect(result.stdout).toBe('x€!')
})

test('[WS13] of 200 MB the beginning and the end are kept, and the rest is counted', async () => {
  let streamed = 0
  const before = process.memoryUsage().rss
  let highest = 0
  const result = await run('echo BEGIN; head -c 200000000 /dev/zero | tr "\\0" x; echo; echo END', {
    onOutput: (_stream, text) => {
      streamed += text.length
      highest = Math.max(highest, process.memoryUsage().rss)
    },
  })
  const total = 'BEGIN\n'.length + 200_000_000 + '\nEND\n'.length
  expect(streamed).toBe(total)
  expect(result.stdout.startsWith('BEGIN\nxxx')).toBe(true)
  expect(result.stdout.endsWith('xxx\nEND\n')).toBe(true)
  const [, left] = /\n\[… (\d+) bytes left out …\]\n/.exec(result.stdout) ?? []
  expect(Number(left)).toBe(total - 1024 * 1024)
  expect(result.stdout.length).toBeLessThan(1024 * 1024 + 100)
  // Half of the output and less, which leaves room for garbage that waits for its collection: nothing grows with it.
  expect(highest - before).toBeLessThan(100_000_000)
})

test('[WS13] the limit of the caller holds for each output, and a limit that is none is refused', async () => {
  const result = await run('printf 0123456789; printf abcdefghij >&2', { maxOutputBytes: 4 })
  expect(result.stdout).toBe('01\n[… 6 bytes left out …]\n89')
  expect(result.stderr).toBe('ab\n[… 6 bytes left out …]\nij')
  expect((await run('printf 0123', { maxOutputBytes: 4 })).stdout).toBe('0123')
  await expect(run('true', { maxOutputBytes: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})

test('[WS13] a cut never splits a character, wherever it falls and however the pieces come', () => {
  const text = 'aé€😀'.repeat(40)
  const bytes = Buffer.from(text)
  for (let limit = 1; limit < 60; limit += 1) {
    for (const size of [1, 3, 7, bytes.length]) {
      const output = new BoundedOutput(limit)
      for (let at = 0; at < bytes.length; at += size) output.add(bytes.subarray(at, at + size))
      const [head = '', count, tail = ''] = output.toString().split(/\n\[… (\d+) bytes left out …\]\n/)
      expect(text.startsWith(head) && text.endsWith(tail), `limit ${limit}, pieces of ${size}`).toBe(true)
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + Number(count)).toBe(bytes.length)
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(limit)
    }
  }
})

test('[WS14] the folder is in the workspace, standard input is the text or empty', async () => {
  const workspacePath = temporaryFolder()
  const port = makePort()
  await port.files.write(workspacePath, 'sub/x', '')
  expect((await run('pwd', { workspacePath, cwd: 'sub' })).stdout).toBe(`${workspacePath}/sub\n`)
  expect((await run('cat', { stdin: 'grüße\n' })).stdout).toBe('grüße\n')
  expect((await run('cat')).stdout).toBe('')
  // More input than a pipe holds, for a program that reads none of it.
  expect((await run('true', { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
  await expect(run('pwd', { workspacePath, cwd: '..' })).rejects.toMatchObject({
    code: 'PATH_OUTSIDE_WORKSPACE',
  })
  await expect(run('pwd', { workspacePath, cwd: 'none' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test('[WS7] a command sees the environment of the port, its own additions and the marker', async () => {
  const environment = { ...bareEnvironment(), FROM_PORT: '1', HOLDFAST_STORE: 'secret' }
  const marker = makeMarker()
  const result = await makePort(environment).shell({
    command: 'echo $FROM_PORT $ADDED $HOLDFAST_STORE $HOLDFAST_RUN_ID',
    workspacePath: temporaryFolder(),
    env: { ADDED: '2' },
    marker,
    signal: new AbortController().signal,
  })
  expect(result.stdout).toBe(`1 2 ${marker.runId}\n`)
})

test('[WS15] an abort rejects with its reason once every process is gone', async () => {
  const controller = new AbortController()
  const reason = new Error('took too long')
  const pids: string[] = []
  const running = run(
    "trap '' TERM; (setsid sh -c 'echo $$; exec sleep 1000' &); echo $$; while :; do sleep 1; done",
    {
      signal: controller.signal,
      onOutput: (_stream, text) => {
        pids.push(...text.split('\n').filter((line) => line !== ''))
        if (pids.length === 2) controller.abort(reason)
      },
    },
  )
  await expect(running).rejects.toBe(reason)
  expect(pids.map(isGone)).toEqual([true, true])
  await expect(run('true', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('[WS15] the identity is told at once, so that somebody else can end the command', async () => {
  const controller = new AbortController()
  const known: number[] = []
  const running = run('sleep 1000', {
    onProcess: (identity) => known.push(identity.pid) && controller.abort('stop'),
    signal: controller.signal,
  })
  await expect(running).rejects.toBe('stop')
  expect(isGone(`${known[0]}`)).toBe(true)
})
