import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createClient, type Client } from '@holdfast/api'
import { createHoldfast, type Holdfast } from '@holdfast/runtime'
import { afterAll } from 'vitest'
import { startServer, type RunningServer } from '../src/index.ts'

/** JSON that is looked into without a type. */
export type Loose = ReturnType<typeof JSON.parse>

/** A workflow that leaves something of every kind behind, asks a person, and then ends. */
export const TOUR = `import { createWorkflow } from 'holdfast'
import { z } from 'zod'
export default createWorkflow(
  { name: 'tour', description: 'Leaves something of everything', input: z.object({ topic: z.string().max(50) }), workspace: 'project' },
  async (ctx) => {
    const plan = await ctx.run('plan', async ({ ctx: inner }) => {
      inner.log.info('planning', { topic: ctx.input.topic })
      return { title: ctx.input.topic }
    })
    ctx.log.warn('about to ask')
    await ctx.comment('Planned', { by: 'tour' })
    await ctx.artifact('über "plan" 1.txt', { content: '0123456789', type: 'document' })
    const answer = await ctx.approve({ name: 'gate', title: 'Go on?', covers: 'none' })
    await ctx.run('after', async () => answer.approved)
    return { title: plan.title, approved: answer.approved }
  },
)
`

/** A workflow with as many steps as its input says. */
export const STEPS = `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'steps', workspace: 'temporary' }, async (ctx) => {
  for (let i = 0; i < ctx.input.count; i++) await ctx.run('step-' + i, async () => 'x'.repeat(ctx.input.bytes ?? 1))
  return ctx.input.count
})
`

/** A project in a temporary folder, committed, removed when the file's tests are over. */
function temporaryProject(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-server-')))
  afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, '.agent/workflows/templates', `${name}.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  writeFileSync(
    join(root, '.gitignore'),
    '.agent/holdfast.db*\n.agent/workflows/.cache/\n.agent/workflows/executions/\n',
  )
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: root })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '--allow-empty', '-m', 'Begin')
  return root
}

/** A server with its worker, and a client of it. */
export interface World {
  readonly root: string
  readonly holdfast: Holdfast
  readonly server: RunningServer
  readonly client: Client
  /** Lines that the server logged. */
  readonly log: Readonly<Record<string, unknown>>[]
  fetch(path: string, init?: RequestInit): Promise<Response>
}

/** Serves a new project until the file's tests are over. */
export async function serveProject(
  files: Readonly<Record<string, string>>,
  { store, worker = true }: { readonly store?: string; readonly worker?: boolean } = {},
): Promise<World> {
  const root = temporaryProject(files)
  const holdfast = await createHoldfast({
    projectPath: root,
    env: {},
    ...(store === undefined ? {} : { store }),
  })
  await holdfast.discover()
  const log: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) }
  const server = await startServer({ holdfast, version: '0', port: 0, logger: { level: 'info', stream } })
  if (worker) await holdfast.worker({ concurrency: 4 })
  afterAll(async () => {
    await server.stop()
    await holdfast.close()
  })
  return {
    root,
    holdfast,
    server,
    log,
    client: createClient({ baseUrl: server.url }),
    fetch: (path, init) => fetch(`${server.url}${path}`, init),
  }
}

/** Resolves when the run is as `isThere` says. */
export async function until(
  { holdfast: { store } }: World,
  runId: string,
  isThere: (status: string) => boolean,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (): void => {
    store.getWorkflowRun(runId).then((run) => {
      if (isThere(run.status)) resolve()
      else if (run.completed_at !== null)
        reject(new Error(`run ${runId} is ${run.status}: ${run.error_message}`))
    }, reject)
  }
  const unwatch = store.watch(look, reject)
  look()
  await promise.finally(unwatch)
}
