import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import type { Io } from '../src/io.ts'
import { main } from '../src/main.ts'

/** A command at a terminal, in this process. */
export interface Session {
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
  /** Resolves once what was written after the last call holds the text, escape sequences left out. */
  saw(text: string | RegExp): Promise<void>
  /** Types keys. */
  type(keys: string): void
  signal(name: 'SIGINT' | 'SIGTERM'): void
}

/** Keys as terminals send them. */
export const KEY = { enter: '\r', down: '\u001B[B', ctrlC: '\u0003' } as const

/** Runs a command at a terminal of 100 columns and 40 rows. */
export function atTerminal(cwd: string, argv: readonly string[]): Session {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 100, rows: 40 })
  const signals = new EventEmitter()
  const heard = new EventEmitter()
  let all = ''
  let seen = 0
  let out = ''
  stdout.on('data', (text: string) => (out += text))
  stderr.on('data', (text: string) => {
    all += text
    heard.emit('text')
  })
  const io: Io = { stdin, stdout, stderr, env: {}, cwd, called: 'holdfast', signals }
  const ended = main(argv, io).then((code) => ({ code, stdout: out, stderr: stripVTControlCharacters(all) }))
  const saw = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const now = stripVTControlCharacters(all.slice(seen))
        if (typeof text === 'string' ? !now.includes(text) : !text.test(now)) return
        seen = all.length
        heard.off('text', look)
        resolve()
      }
      heard.on('text', look)
      void ended.then(({ stderr: said }) =>
        reject(new Error(`ended before it showed ${String(text)}:\n${said}`)),
      )
      look()
    })
  return { ended, saw, type: (keys) => void stdin.write(keys), signal: (name) => void signals.emit(name) }
}
