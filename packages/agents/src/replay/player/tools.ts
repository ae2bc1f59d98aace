import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { confine } from './paths.ts'

const POLL_MS = 20
const MAX_OUTPUT = 4000

/**
 * Runs a command in a session of its own, as real agents run their tools: ending the player's process
 * group does not reach it. Answers the exit code (128 when a signal ended it) and the end of what it printed.
 */
export async function runShell(cwd: string, command: string): Promise<{ exitCode: number; output: string }> {
  const child = spawn('/bin/sh', ['-c', command], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = (): void => {
    endGroup(child.pid)
    process.exit(143)
  }
  process.once('SIGTERM', end)
  let output = ''
  const collect = (text: Buffer): void => {
    output = (output + text.toString('utf8')).slice(-MAX_OUTPUT)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? 128))
    })
    return { exitCode, output: output.trim() }
  } finally {
    process.off('SIGTERM', end)
  }
}

/** Resolves when the file is there. */
export async function waitForFile(cwd: string, relative: string): Promise<void> {
  const file = await confine(cwd, relative)
  for (;;) {
    const there = await access(file).then(
      () => true,
      () => false,
    )
    if (there) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // It has ended by itself.
  }
}
