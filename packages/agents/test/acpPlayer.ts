import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * Plays an agent of the Agent Client Protocol from a session file of a real one: `acpPlayer.ts RECORDING [THEN]`.
 * Each message that comes in moves it on to the one that was sent at that place, after which it says what the
 * agent said. At the end: THEN `hangs` or `killed`, with a process in a session of its own; else it leaves when
 * its input ends.
 */
const [, , recording = '', then = ''] = process.argv
const lines = readFileSync(recording, 'utf8').trimEnd().split('\n')
let at = 0

createInterface({ input: process.stdin })
  .on('line', () => {
    while (at < lines.length && !isSent(lines[at] ?? '')) at += 1
    at += 1
    while (at < lines.length && !isSent(lines[at] ?? '')) {
      const line = lines[at] ?? ''
      at += 1
      if (!line.startsWith('{"type":"holdfast"')) process.stdout.write(`${line}\n`)
    }
    if (lines.slice(at).some(isSent)) return
    if (then !== '') spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref()
    if (then === 'killed') process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'))
  })
  .on('close', () => {
    if (then === '') process.exit(0)
    setInterval(() => undefined, 60_000)
  })

function isSent(line: string): boolean {
  return line.startsWith('{"type":"holdfast","event":"sent"')
}
