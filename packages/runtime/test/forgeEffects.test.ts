import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, onTestFinished, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { eventually, workerProcess, type WorkerProcess } from './support/workers.ts'

const IGNORED = '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n'
const URL_OF_REMOTE = 'https://github.com/acme/site.git'

const SHIP = `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'ship' }, async (ctx) => {
  await ctx.git.ensureBranch('topic')
  await ctx.files.write('a.txt', 'a')
  await ctx.git.commit('work')
  const pushed = await ctx.git.push()
  const pr = await ctx.git.createPr({ title: 'Ship', body: 'It', base: 'main' })
  const remark = await ctx.git.commentPr({ body: 'Done' })
  return { pushed: pushed.pushed, pr: pr.created, url: pr.url, remark: remark.created }
})
`

/** A bare repository as the remote \`origin\` of a project. */
function remoteOf(root: string): string {
  const remote = mkdtempSync(join(tmpdir(), 'holdfast-remote-'))
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }))
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: root, stdio: 'pipe' })
  git('init', '-q', '--bare', '-b', 'main', remote)
  git('config', `url.${remote}.insteadOf`, URL_OF_REMOTE)
  git('remote', 'add', 'origin', URL_OF_REMOTE)
  git('push', '-q', 'origin', 'main')
  return remote
}

test('[ES22] a worker that dies right after the push, the pull request and the comment were made makes each once', async () => {
  const root = temporaryProject({ '.gitignore': IGNORED, [template('ship')]: SHIP }, { git: true })
  const remote = remoteOf(root)
  // The remote has the commit, and says so to nobody: git waits for this hook, and with it the worker.
  const hook = join(remote, 'hooks/post-receive')
  writeFileSync(hook, `#!/bin/sh\n[ -e ${remote}/got ] && exit 0\ntouch ${remote}/got\nexec sleep 1000\n`)
  chmodSync(hook, 0o755)

  const kept: Record<'pulls' | 'comments', object[]> = { pulls: [], comments: [] }
  const workers: WorkerProcess[] = []
  const server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1')
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request)
    const path = new URL(request.url ?? '', 'http://x').pathname
    const list = kept[path.endsWith('/comments') ? 'comments' : 'pulls']
    if (request.method === 'POST') {
      list.push({ ...(JSON.parse(body) as object), number: 7, state: 'open', html_url: `https://x${path}` })
      await workers.at(-1)?.kill()
      response.destroy()
      await next()
    } else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list))
  }
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const env = {
    GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    GITHUB_TOKEN: 'token',
    GH_CONFIG_DIR: root,
  }
  const next = async (): Promise<unknown> => workers.push(await workerProcess(root, { env }))

  const holdfast = await holdfastOn(root)
  await next()
  const run = await holdfast.start('ship')
  await eventually('the remote has it', () => existsSync(join(remote, 'got')))
  await workers[0]!.kill()
  await next()
  expect(await run.output()).toEqual({
    pushed: true,
    pr: true,
    url: 'https://x/repos/acme/site/pulls',
    remark: true,
  })
  expect([kept.pulls.length, kept.comments.length, workers.length]).toEqual([1, 1, 4])
  expect((await run.current()).pr_url).toBe('https://x/repos/acme/site/pulls')
})

test('[ES23] a push that requires an approval begins only while that holds', async () => {
  const root = temporaryProject({ '.gitignore': IGNORED }, { git: true })
  const remote = remoteOf(root)
  const holdfast = await holdfastOn(root, { settings: { parkAfterMs: 0 } })
  await holdfast.worker()
  const w = createWorkflow({ name: 'w' }, async (ctx) => {
    const ship = await ctx.approve({ name: 'ship', title: 'Ship?', covers: 'tree' })
    const late = { ...ship, key: 'another' }
    const codes: unknown[] = []
    const push = async (requires: typeof ship): Promise<void> => {
      const done = ctx.git.push({ branch: 'main', requires }).then(() => 'pushed')
      codes.push(await done.catch((error: { code: string }) => error.code))
    }
    await push(ship)
    await push(late)
    await ctx.files.write('late.txt', 'late')
    await push(ship)
    return codes
  })
  const run = await holdfast.start(w)
  await eventually('it asks', async () => (await run.current()).status === 'waiting')
  await holdfast.engine.answer(run.id, { approved: true, by: 'ann' })
  expect(await run.output()).toEqual(['pushed', 'APPROVAL_REQUIRED', 'APPROVAL_CHANGED'])
  expect(execFileSync('git', ['branch', '--list'], { cwd: remote, encoding: 'utf8' })).toContain('main')
})
