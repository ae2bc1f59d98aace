import { text } from 'node:stream/consumers'
import { OWN_CACHE } from '../compileCache.ts'
import type { PlayerJob, PlayerMessage } from './messages.ts'
import { play } from './play.ts'

/**
 * The program of the replay agent: reads its job from standard input, prints messages on standard
 * output, and leaves with 0 after a result, with 1 after an error.
 */
if (process.argv[2] === OWN_CACHE) delete process.env['NODE_COMPILE_CACHE']
const job = JSON.parse(await text(process.stdin)) as PlayerJob
await play(job, (message: PlayerMessage) => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
  if (message.type === 'error') process.exitCode = 1
})
