import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Steps in a row, beside each other, nested and retried, a timer that parks; each effect leaves a line outside of the store. */
const WORKFLOW = `import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createWorkflow } from 'holdfast'

export default createWorkflow({ name: 'chaos' }, async (ctx) => {
  const { log, index } = ctx.input as { log: string; index: number }
  const effect = (key: string, ms: number) => async () => {
    await delay(ms)
    appendFileSync(log, JSON.stringify({ run: ctx.runId, key, pid: process.pid, at: Date.now() }) + '\\n')
    return { key, pid: process.pid }
  }
  await ctx.run('first', effect('first', 40))
  ctx.set('sum', index)
  const parts = await ctx.map([1, 2, 3], (part, { ctx }) => ctx.run('part-' + part, effect('part-' + part, 60 * part)), { name: 'parts' })
  await ctx.sleep('1500ms')
  ctx.set('sum', ctx.get('sum') + parts.length)
  await ctx.run('flaky', async ({ attempt }) => {
    if (attempt === 1) throw new Error('the first time')
    return effect('flaky', 50)()
  }, { retry: { maxAttempts: 3, delayMs: 200, jitter: false } })
  await ctx.run('outer', async ({ ctx }) => {
    await ctx.run('inner', effect('inner', 60))
    return effect('outer', 60)()
  })
  await ctx.run('last', effect('last', 80))
  return { sum: ctx.get('sum'), index }
})
`

/** A step that starts a process, which leaves marks until the file `release` is there; it is ended with its step. */
const HOLDING = `import { spawn } from 'node:child_process'
import { createWorkflow } from 'holdfast'

const HOLD = \`const { appendFileSync, existsSync } = require('node:fs')
  const [log, release, run, worker] = process.argv.slice(1)
  setInterval(() => {
    if (existsSync(release)) process.exit(0)
    appendFileSync(log, JSON.stringify({ run, worker: Number(worker), at: Date.now() }) + '\\\\n')
  }, 100)\`

export default createWorkflow({ name: 'hold' }, async (ctx) => {
  const { log, release } = ctx.input as { log: string; release: string }
  await ctx.run('before', () => 1)
  return await ctx.run('hold', ({ signal }) => new Promise((resolve, reject) => {
    const args = ['-e', HOLD, log, release, ctx.runId, String(process.pid)]
    const child = spawn(process.execPath, args, { signal, stdio: 'ignore' })
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve({ worker: process.pid }) : reject(new Error('ended'))))
  }))
})
`

/** Names of the effects of one run, each of which happens at least once. */
export const EFFECTS = ['first', 'part-1', 'part-2', 'part-3', 'flaky', 'inner', 'outer', 'last'] as const

/** A project with the workflow, and the file in which its steps leave their marks. */
export interface ChaosProject {
  readonly folder: string
  readonly root: string
  readonly log: string
}

/** Makes the project in a new temporary folder. */
export function makeProject(): ChaosProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-chaos-')))
  const root = join(folder, 'project')
  mkdirSync(join(root, '.agent', 'workflows', 'templates'), { recursive: true })
  for (const [name, text] of Object.entries({ chaos: WORKFLOW, hold: HOLDING }))
    writeFileSync(join(root, '.agent', 'workflows', 'templates', `${name}.ts`), text)
  writeFileSync(
    join(root, '.gitignore'),
    '.agent/holdfast.db*\n.agent/workflows/*/\n!.agent/workflows/templates/\n',
  )
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: root })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=Chaos', '-c', 'user.email=chaos@example.invalid', 'commit', '-q', '-m', 'Begin')
  const log = join(folder, 'marks.jsonl')
  writeFileSync(log, '')
  return { folder, root, log }
}
