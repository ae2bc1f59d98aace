import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

/**
 * Runs a server for as long as somebody holds this process' input: a test run that is killed leaves neither
 * server nor files behind. Arguments: program, uid or empty, folder of the server, arguments of the program.
 * A line `fast` or `immediate` (what a crash leaves) ends the server and keeps its folder.
 */
const [program = '', uid = '', folder = '', ...args] = process.argv.slice(2)
const server = spawn(program, args, {
  ...(uid === '' ? {} : { uid: Number(uid), gid: Number(uid) }),
  cwd: '/',
  stdio: ['ignore', 'inherit', 'inherit'],
})
let asked = false
server.once('exit', (code) => {
  if (!asked) rmSync(folder, { recursive: true, force: true })
  process.exit(code ?? 1)
})
process.stdin.on('data', (text) => {
  asked = true
  server.kill(String(text).includes('immediate') ? 'SIGQUIT' : 'SIGINT')
})
process.stdin.once('end', () => {
  if (!asked) server.kill('SIGINT')
})
// Who ends a test run from a terminal reaches this process too: the end of the input says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
